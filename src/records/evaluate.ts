/** Records of `evaluate`, and the metrics that others report as well. */

import type { Part, PhaseProgress, TrainWarning } from './train.js'

/** Macro means over the tags that have positives and negatives; a metric that does not apply is null. */
export interface Metrics {
  readonly rocAuc: number | null
  /** Average precision. */
  readonly prAuc: number | null
  /** Of single-label tasks. */
  readonly accuracy: number | null
}

/** The metrics of one tag; null where it has no positives or no negatives. */
export interface TagMetrics {
  readonly tag: string
  readonly rocAuc: number | null
  readonly prAuc: number | null
  readonly positives: number
  /** Share of the clips with the tag, 0..1: the average precision of a random scorer. */
  readonly prevalence: number
  /** F1 at `threshold`; null without a threshold or without positives. */
  readonly f1: number | null
  /** Score above which the tag is taken to hold, chosen on the clips that the model was validated on; null for none. */
  readonly threshold: number | null
}

/** ROC-AUC and average precision over several tags; null where no tag has positives and negatives. */
export interface Averages {
  readonly rocAuc: number | null
  readonly prAuc: number | null
}

/** The result of `evaluate`: means over the tags, then every tag. */
export interface Evaluation extends Metrics {
  readonly type: 'evaluation'
  /** The model file, absolute; null for a Model that was made in memory. */
  readonly model: string | null
  /** How the parts of the data set came about: results of two names must not share a table. */
  readonly dataset: string
  /** Null: all clips. */
  readonly part: Part | null
  /** SHA-256 over name, part, tags and audio of every clip. */
  readonly checksum: string
  /** In which numbers the network multiplied. */
  readonly precision: 'f32' | 'tf32' | 'bf16' | 'fixed14' | 'int8'
  /** How a clip was cut into segments. */
  readonly segmentRule: string
  /** Who said so: an option, the model's training, or nobody. */
  readonly segmentsFrom: 'option' | 'training' | 'default'
  /** Seconds of each clip that were heard, from its start; null: all. */
  readonly clipSeconds: number | null
  /** Who said so. */
  readonly clipSecondsFrom: 'option' | 'training' | 'default'
  /** Clips behind the numbers. */
  readonly clips: number
  /** Clips that could not be used. */
  readonly failed: number
  /** Clips among them that the model was trained on, known by their audio; null for a model that does not know its clips. */
  readonly trainingClips: number | null
  /** Clips among them by which its training chose weights and thresholds; null likewise. */
  readonly validationClips: number | null
  /** Segments behind the numbers. */
  readonly segments: number
  /** All (clip, tag) pairs pooled. */
  readonly micro: Averages
  /** Mean over the tags weighted by their positives. */
  readonly weighted: Averages
  /** Mean F1 at the thresholds that the model's training chose on its validation clips; null for a model without thresholds. */
  readonly f1: number | null
  /** Every tag, in the model's order. */
  readonly perTag: readonly TagMetrics[]
  /** Tags left out of the means. */
  readonly skipped: readonly string[]
  /** Tags of the model that the data set does not have: they count nowhere. They are among `skipped`. */
  readonly absent: readonly string[]
}

/** What `evaluate` tells. */
export type EvaluateEvent = PhaseProgress | TrainWarning | Evaluation
