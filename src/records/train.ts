/** Records of `train`; `prepare`, `evaluate`, `experiment` and `demo` tell some of them too. */

import type { Metrics } from './evaluate.js'

/** A part of a data set. */
export type Part = 'train' | 'valid' | 'test'

/** A training begins, or goes on. */
export interface TrainStart {
  readonly type: 'start'
  readonly schema: 1
  /** The run folder. */
  readonly run: string
  /** How the parts of the data set came about. */
  readonly dataset: string
  /** Usable clips. */
  readonly clips: Readonly<Record<Part, number>>
  /** Segments of these clips. */
  readonly segments: Readonly<Record<Part, number>>
  /** Outputs. */
  readonly tags: number
  /** Trainable parameters. */
  readonly parameters: number
  readonly updatesPerEpoch: number
  readonly device: string
  /** In which numbers the network multiplies. */
  readonly precision: 'f32' | 'tf32' | 'bf16'
  readonly threads: number
  /** Epochs that were finished before, where the training goes on. */
  readonly epochsBefore: number
}

/** An epoch has ended. */
export interface TrainEpoch {
  readonly type: 'epoch'
  /** From 1, over all stages. */
  readonly epoch: number
  /** From 1. */
  readonly stage: number
  readonly learningRate: number
  /** Mean over the training segments, each measured before its update. */
  readonly trainLoss: number
  /** Mean over the validation segments; null where it is not a number. */
  readonly validLoss: number | null
  /** Whether it is the lowest of its stage. */
  readonly best: boolean
  /** Of the training steps alone. */
  readonly segmentsPerSecond: number
  /** Median of one step. */
  readonly stepSeconds: number
  /** Of all training steps. */
  readonly trainSeconds: number
  /** Of the epoch, validation and checkpoints included. */
  readonly seconds: number
}

/** How far a job is. */
export interface PhaseProgress {
  readonly type: 'progress'
  readonly phase: 'prepare' | 'check' | 'train' | 'validate' | 'score' | 'synthesise'
  /** Clips when preparing, checking (comparing prepared clips with their hashes) and scoring, updates when training, segments when validating. */
  readonly done: number
  readonly total: number
  /** Clips that could not be used so far, when preparing. */
  readonly failed?: number
  /** From 1. */
  readonly epoch?: number
  /** Mean training loss of the epoch so far. */
  readonly loss?: number
  /** Since the phase began. */
  readonly seconds: number
}

/** A checkpoint was written: `resume` goes on from here. */
export interface TrainCheckpoint {
  readonly type: 'checkpoint'
  readonly file: string
  /** Epochs finished. */
  readonly epoch: number
  /** Batches of the next epoch that are done. */
  readonly batch: number
}

/** Something odd about a data set or a training. */
export interface TrainWarning {
  readonly type: 'warning'
  /** Stable name of what is odd, such as `clips-left-out`. */
  readonly code: string
  readonly message: string
  readonly part?: Part
  /** The tags it is about. */
  readonly tags?: readonly string[]
  /** The clips it is about, by their names in the data set; of many the first 100. */
  readonly clips?: readonly string[]
  /** How many clips it is about. */
  readonly count?: number
}

/** A training is complete. */
export interface TrainDone {
  readonly type: 'done'
  /** The run folder. */
  readonly run: string
  /** The model file of the best weights. */
  readonly best: string
  readonly epochs: number
  /** The best model on the test clips. */
  readonly test: Metrics
  /** The best model on the validation clips. */
  readonly valid: Metrics
  /** Median of a step, mean of an epoch's steps, from the first step to the end of the schedule. */
  readonly seconds: { readonly step: number; readonly epoch: number; readonly total: number }
  /** Trainable parameters. */
  readonly parameters: number
  /** What of the data set could not be used. */
  readonly leftOut: LeftOut
}

/** How much of a data set could not be used. */
export interface LeftOut {
  /** Clips whose files are missing or cannot be decoded. */
  readonly clips: Readonly<Record<Part, number>>
  /** Clips that are used although parts of them are damaged. */
  readonly damagedClips: Readonly<Record<Part, number>>
  /** Packets of these that could not be decoded and were skipped. */
  readonly damagedPackets: number
}

/** What `train` tells. */
export type TrainEvent = TrainStart | TrainEpoch | PhaseProgress | TrainCheckpoint | TrainWarning | TrainDone
