/**
 * The records of the machine interface: the same objects are events, results and the lines of `--json`. Every one is tagged
 * by `type`. Paths are absolute, times in seconds, rates in Hz, scores in 0..1. Later versions may add fields.
 */

import type { ErrorCode } from './codes.js'

/** A tag and its score. */
export interface TagScore {
  readonly tag: string
  readonly score: number
}

/** A failure as a record. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
}

/** Something that a person should know and that stops nothing. */
export interface WarningRecord {
  readonly type: 'warning'
  readonly code: string
  readonly message: string
}

/** Macro means over the tags that have positives and negatives; a metric that does not apply is null. */
export interface Metrics {
  readonly rocAuc: number | null
  /** Average precision. */
  readonly prAuc: number | null
  /** Of single-label tasks. */
  readonly accuracy: number | null
}

// ---- tag

/** A tagging job begins. */
export interface TagStart {
  readonly type: 'start'
  readonly schema: 1
  readonly version: string
  readonly model: string
  readonly modelHash: string
  readonly device: string
  readonly precision: 'f32' | 'tf32' | 'bf16' | 'fixed14' | 'int8'
  readonly samplingRate: number
  readonly tags: number
  readonly segments: 'all' | number
  readonly all: boolean
  readonly top: number | null
  readonly threshold: number | null
}

/** The file that a record is about, and what tells whether it has changed since. */
interface FileFacts {
  readonly file: string
  /** The bytes of the path in hexadecimal, where `file` cannot hold them. */
  readonly fileBytes?: string
  /** Bytes. */
  readonly size?: number
  /** Time of the last change, milliseconds since 1970. */
  readonly modified?: number
}

/** The tags of a file. */
export interface TagResult extends FileFacts {
  readonly type: 'result'
  /** `partial`: damaged packets were left out. */
  readonly status: 'ok' | 'partial'
  readonly duration: number
  /** Segments behind the mean. */
  readonly segments: number
  /** Whether the file was shorter than a segment and padded with zeros. */
  readonly short: boolean
  readonly damagedPackets: number
  readonly decoder: string
  /** Best first; with `all` in the model's order. */
  readonly tags: readonly TagScore[]
}

/** A file that could not be tagged. */
export interface TagFailed extends FileFacts {
  readonly type: 'failed'
  readonly error: Failure
}

/** A file that the output holds already. */
export interface TagSkipped extends FileFacts {
  readonly type: 'skipped'
  readonly reason: string
}

/** How far a tagging job is. */
export interface TagProgress {
  readonly type: 'progress'
  readonly files: number
  /** Null until all folders are listed. */
  readonly total: number | null
  readonly ok: number
  readonly failed: number
  readonly skipped: number
  readonly audioSeconds: number
  readonly seconds: number
}

/** A tagging job is complete. */
export interface TagDone {
  readonly type: 'done'
  readonly files: number
  readonly ok: number
  readonly failed: number
  readonly skipped: number
  readonly audioSeconds: number
  readonly seconds: number
}

/** What `tag` yields: one a file, in input order. */
export type TagRecord = TagResult | TagFailed | TagSkipped

/** What `tag` tells about the whole job. */
export type TagEvent = TagStart | TagProgress | WarningRecord | TagDone

// ---- train

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
  readonly phase: 'prepare' | 'train' | 'validate' | 'score' | 'synthesise'
  /** Clips when preparing and scoring, updates when training, segments when validating. */
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
  readonly message: string
  readonly part?: Part
  /** The tags it is about. */
  readonly tags?: readonly string[]
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
}

/** What `train` tells. */
export type TrainEvent = TrainStart | TrainEpoch | PhaseProgress | TrainCheckpoint | TrainWarning | TrainDone

// ---- prepare

/** A data set is prepared. */
export interface PrepareDone {
  readonly type: 'done'
  /** The cache's folder. */
  readonly cache: string
  /** Clips of the data set. */
  readonly clips: number
  /** Clips that can be used. */
  readonly usable: number
  /** Clips decoded by this call; the others were there. */
  readonly decoded: number
  /** Clips that cannot be used. */
  readonly failed: number
  /** Clips that are used although parts of them are damaged. */
  readonly partial: number
  /** The report of the last two. */
  readonly report: string
  /** Seconds of audio that can be used. */
  readonly duration: number
  /** What a mel network standardises the training part by, in units of log(1 + 10 |A|); null for other networks. */
  readonly mel: { readonly mean: number; readonly deviation: number } | null
  readonly seconds: number
}

/** What `prepare` tells. */
export type PrepareEvent = PhaseProgress | TrainWarning | PrepareDone

// ---- evaluate

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
  /** The model file, absolute. */
  readonly model: string
  /** How the parts of the data set came about: results of two names must not share a table. */
  readonly dataset: string
  /** Null: all clips. */
  readonly part: Part | null
  /** SHA-256 over name, part, tags and length of every clip. */
  readonly checksum: string
  /** In which numbers the network multiplied. */
  readonly precision: 'f32' | 'tf32' | 'bf16' | 'fixed14' | 'int8'
  /** How a clip was cut into segments. */
  readonly segmentRule: string
  /** Clips behind the numbers. */
  readonly clips: number
  /** Clips that could not be used. */
  readonly failed: number
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
}

/** What `evaluate` tells. */
export type EvaluateEvent = PhaseProgress | TrainWarning | Evaluation

// ---- experiment

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
  /** The times against those of the training named `reference`. */
  readonly timeRatio: TrainingTimes & { readonly reference: string }
  /** The published numbers; null where none are. */
  readonly published: {
    readonly parameters: number | null
    readonly timeRatio: number | null
    readonly rocAuc: number | null
  }
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

// ---- demo

/** The demo is complete. */
export interface DemoDone {
  readonly type: 'done'
  /** The folder of everything. */
  readonly out: string
  /** The list of the clips with their tags. */
  readonly manifest: string
  /** The run folder. */
  readonly run: string
  /** The model file. */
  readonly model: string
  /** The file that was in no part, and what is in it. */
  readonly unseen: string
  readonly unseenTags: readonly string[]
  /** On clips it never heard. */
  readonly test: Metrics
  readonly seconds: number
}

/** What `demo` tells. */
export type DemoEvent = Exclude<TrainEvent, TrainDone> | TagResult | DemoDone

// ---- inspect, doctor

/** One convolution with its norm and pool, one dense layer, or the spectrogram. */
export interface LayerRow {
  readonly name: string
  readonly kind: 'conv' | 'dense' | 'mel'
  readonly kernel: number
  readonly stride: number
  /** Window of the max pool that follows; 1 for none. */
  readonly pool: number
  /** Output length, after the pool. */
  readonly length: number
  readonly channels: number
  /** Gamma and beta counted, running statistics not. */
  readonly parameters: number
  /** Samples. */
  readonly receptiveField: number
  /** Operations of one segment's forward pass, 2 per multiply-add. */
  readonly flops: number
}

/** The result of `inspect`. */
export interface Inspection {
  readonly type: 'architecture'
  readonly name: string
  readonly samplingRate: number
  readonly inputLength: number
  readonly parameters: number
  readonly flops: number
  readonly layers: readonly LayerRow[]
  /** Null for a preset. */
  readonly tags: readonly string[] | null
}

/** The result of `doctor`. */
export interface Diagnosis {
  readonly type: 'doctor'
  readonly version: string
  readonly node: string
  readonly platform: string
  /** `glibc` with its version, or `musl`; null on other systems. */
  readonly libc: string | null
  readonly cpu: {
    readonly level: string
    readonly features: readonly string[]
    readonly threads: number
    /** The instructions that each precision of the CPU runs on. */
    readonly precisions: Readonly<Record<'f32' | 'fixed14' | 'int8', string>>
  }
  readonly cuda: {
    /** Whether this build has CUDA. */
    readonly compiled: boolean
    readonly available: boolean
    readonly code: ErrorCode | null
    readonly reason: string | null
    readonly devices: readonly string[]
    /** What of a GPU each of its precisions runs on. */
    readonly precisions: Readonly<Record<'f32' | 'tf32' | 'bf16', string>>
  }
  readonly decoders: readonly string[]
}
