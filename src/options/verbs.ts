/** All verbs, in the order of help and docs. */

import { listCache, pruneCache } from './cache.js'
import { compare } from './compare.js'
import { crossValidate } from './cross-validate.js'
import { checkDataset } from './dataset.js'
import { demo } from './demo.js'
import { distill } from './distill.js'
import { doctor } from './doctor.js'
import { draw } from './draw.js'
import { embed } from './embed.js'
import { evaluate } from './evaluate.js'
import { experiment } from './experiment.js'
import { exportModel } from './export.js'
import { importModel } from './import.js'
import { inspect } from './inspect.js'
import { learn } from './learn.js'
import { createModel, decode, embedSamples, loadModel, resolveModel, saveModel, tagFile, tagSamples } from './model.js'
import { prepare } from './prepare.js'
import { probe } from './probe.js'
import type { Verb } from './table.js'
import { tag } from './tag.js'
import { train } from './train.js'
import { visualize } from './visualize.js'

/** The verbs that are also commands. */
export const commands = {
  demo,
  dataset: checkDataset,
  prepare,
  cache: pruneCache,
  distill,
  train,
  evaluate,
  compare,
  learn,
  tag,
  embed,
  probe,
  experiment,
  visualize,
  inspect,
  import: importModel,
  export: exportModel,
  doctor,
} as const

/** The verbs that exist only in TypeScript. */
export const methods: readonly Verb[] = [
  listCache,
  crossValidate,
  createModel,
  loadModel,
  resolveModel,
  saveModel,
  tagSamples,
  tagFile,
  embedSamples,
  decode,
  draw,
]
