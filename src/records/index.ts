/**
 * The records of the machine interface: the same objects are events, results and the lines of `--json`. Every one is tagged
 * by `type`. Paths are absolute, times in seconds, rates in Hz, scores in 0..1. Later versions may add fields. `generated/`
 * holds the records, made from the Rust types; which of them a verb tells is said in `events.ts` where no Rust type says it.
 */

export type * from './events.js'
export type * from './generated/demo.js'
export type * from './generated/doctor.js'
export type * from './generated/evaluate.js'
export type * from './generated/experiment.js'
export type * from './generated/inspect.js'
export type * from './generated/prepare.js'
export type * from './generated/tag.js'
export type * from './generated/train.js'
