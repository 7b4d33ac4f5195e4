/** What the verbs tell that tell records of other verbs, too. */

import type { DemoDone } from './generated/demo.js'
import type { Evaluation } from './generated/evaluate.js'
import type { PrepareDone } from './generated/prepare.js'
import type { TagResult } from './generated/tag.js'
import type { PhaseProgress, TrainDone, TrainEvent, TrainWarning } from './generated/train.js'

/** What `prepare` tells. */
export type PrepareEvent = PhaseProgress | TrainWarning | PrepareDone

/** What `evaluate` tells. */
export type EvaluateEvent = PhaseProgress | TrainWarning | Evaluation

/** What `demo` tells. */
export type DemoEvent = Exclude<TrainEvent, TrainDone> | TagResult | DemoDone
