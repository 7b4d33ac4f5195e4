/** The events and records of verbs that also emit records of other verbs. */

import type { DemoDone } from './generated/demo.js'
import type { EmbeddingResult } from './generated/embed.js'
import type { Evaluation } from './generated/evaluate.js'
import type { CrossValidationEvent as FoldEvent } from './generated/cross-validation.js'
import type { ExperimentEvent as TrainingEvent } from './generated/experiment.js'
import type { PrepareDone } from './generated/prepare.js'
import type { ProbeEvent as TrialEvent } from './generated/probe.js'
import type { TagEvent as FileEvent, TagFailed, TagResult, TagSkipped, WarningRecord } from './generated/tag.js'
import type { PhaseProgress, TrainDone, TrainEvent as RunEvent, TrainWarning } from './generated/train.js'
import type { VisualizeEvent as AnalysisEvent } from './generated/visualize.js'

/** Progress of the download of a model from the hub, at its start, several times per second, and at its end. */
export interface ModelDownload {
  readonly type: 'download'
  /** The name of the model as it was given, such as `hf:user/repo`. */
  readonly model: string
  /** Number of bytes that have arrived, those of an earlier download that is continued included. */
  readonly bytes: number
  /** The size of the file in bytes; null if the hub does not state it. */
  readonly total: number | null
  /** Seconds since the start of the download. */
  readonly seconds: number
}

/** The events of finding a model. */
export type ModelEvent = ModelDownload | WarningRecord

/** The events of `tag` and `embed`. */
export type TagEvent = ModelEvent | FileEvent

/** The events of `train`. */
export type TrainEvent = ModelEvent | RunEvent

/** The events of `crossValidate`. */
export type CrossValidationEvent = ModelEvent | FoldEvent

/** The events of `experiment`. */
export type ExperimentEvent = ModelEvent | TrainingEvent

/** The events of `probe`. */
export type ProbeEvent = ModelEvent | TrialEvent

/** The events of `visualize`. */
export type VisualizeEvent = ModelEvent | AnalysisEvent

/** The events of `prepare`. */
export type PrepareEvent = PhaseProgress | TrainWarning | PrepareDone

/** The events of `evaluate`. */
export type EvaluateEvent = ModelEvent | PhaseProgress | TrainWarning | Evaluation

/** The events of `demo`. */
export type DemoEvent = Exclude<RunEvent, TrainDone> | TagResult | DemoDone

/** The records that `embed` yields: one per file, in input order. */
export type EmbedRecord = EmbeddingResult | TagFailed | TagSkipped
