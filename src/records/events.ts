/** The events and records of verbs that also emit records of other verbs. */

import type { DemoDone } from './generated/demo.js'
import type { EmbeddingResult } from './generated/embed.js'
import type { Evaluation } from './generated/evaluate.js'
import type { PrepareDone } from './generated/prepare.js'
import type { TagFailed, TagResult, TagSkipped } from './generated/tag.js'
import type { PhaseProgress, TrainDone, TrainEvent, TrainWarning } from './generated/train.js'

/** The events of `prepare`. */
export type PrepareEvent = PhaseProgress | TrainWarning | PrepareDone

/** The events of `evaluate`. */
export type EvaluateEvent = PhaseProgress | TrainWarning | Evaluation

/** The events of `demo`. */
export type DemoEvent = Exclude<TrainEvent, TrainDone> | TagResult | DemoDone

/** The records that `embed` yields: one per file, in input order. */
export type EmbedRecord = EmbeddingResult | TagFailed | TagSkipped
