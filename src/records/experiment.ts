/** Records of `experiment`. */

import type { Metrics } from './evaluate.js'
import type { TrainDone, TrainEvent } from './train.js'

/** Three times of a training: median step, mean epoch without validation, whole schedule. */
export interface TrainingTimes {
  readonly step: number
  readonly epoch: number
  readonly total: number
}

/** One training of an experiment is over. */
export interface ExperimentRow extends Metrics {
  readonly type: 'row'
  readonly experiment: string
  /** Which training; the name of its run folder. */
  readonly id: string
  /** Preset. */
  readonly architecture: string
  /** Sampling rate. */
  readonly rate: number
  /** Filter of the first layer, then the pools, bottom to top: `3-3-3-3-2-2-4-4-2-2`. */
  readonly digits: string
  /** Samples of a segment. */
  readonly inputLength: number
  readonly parameters: number
  readonly epochs: number
  readonly seconds: TrainingTimes
  /** The times against those of the training named `reference`, to which the published ratio refers; null until that is trained. */
  readonly timeRatio: (TrainingTimes & { readonly reference: string }) | null
  /** The published numbers; null where none are. */
  readonly published: {
    readonly parameters: number | null
    readonly timeRatio: number | null
    readonly rocAuc: number | null
  }
  /** Kind of the dataset that the published `rocAuc` was measured on, such as `mtat`. */
  readonly publishedOn: string
  /** Kind of the dataset that this was trained and measured on. */
  readonly dataset: string
  /** The run folder. */
  readonly run: string
}

/** An experiment is over. */
export interface ExperimentDone {
  readonly type: 'done'
  readonly experiment: string
  /** One row for each training, in the order of the published table. */
  readonly table: readonly ExperimentRow[]
  /** The table as text. */
  readonly markdown: string
  /** The file that holds this text; `table.json` and `table.csv` lie beside it. */
  readonly file: string
}

/** What `experiment` tells. */
export type ExperimentEvent = Exclude<TrainEvent, TrainDone> | ExperimentRow | ExperimentDone
