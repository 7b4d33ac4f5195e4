/** Every command, in the order in which help lists them. */

import type { Command } from '../command.js'
import { demo } from './demo.js'
import { doctor } from './doctor.js'
import { evaluate } from './evaluate.js'
import { experiment } from './experiment.js'
import { exportModel } from './export.js'
import { importModel } from './import.js'
import { inspect } from './inspect.js'
import { prepare } from './prepare.js'
import { tag } from './tag.js'
import { train } from './train.js'

export const commands: readonly Command[] = [
  demo,
  prepare,
  train,
  evaluate,
  tag,
  experiment,
  inspect,
  importModel,
  exportModel,
  doctor,
]
