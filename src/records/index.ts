/**
 * The records of the machine interface: the same objects are events, results and the lines of `--json`. The field
 * `type` is the kind of a record. Paths are absolute, durations in seconds, rates in Hz, scores in 0..1. Later
 * versions may add fields. The records in `generated/` are generated from the Rust types; `events.ts` defines the
 * events of the verbs for which there is no Rust type.
 */

export type * from './events.js'
// Explicit, because `generated/` has types of these names too: the events that come from Rust.
export type {
  CrossValidationEvent,
  ExperimentEvent,
  ProbeEvent,
  TagEvent,
  TrainEvent,
  VisualizeEvent,
} from './events.js'
export type * from './generated/cache.js'
export type * from './generated/compare.js'
export type * from './generated/cross-validation.js'
export type * from './generated/dataset.js'
export type * from './generated/demo.js'
export type * from './generated/distill.js'
export type * from './generated/doctor.js'
export type * from './generated/embed.js'
export type * from './generated/evaluate.js'
export type * from './generated/experiment.js'
export type * from './generated/inspect.js'
export type * from './generated/learn.js'
export type * from './generated/prepare.js'
export type * from './generated/probe.js'
export type * from './generated/tag.js'
export type * from './generated/train.js'
export type * from './generated/visualize.js'
