/**
 * The records of the machine interface: the same objects are events, results and the lines of `--json`. Every one is tagged
 * by `type`. Paths are absolute, times in seconds, rates in Hz, scores in 0..1. Later versions may add fields.
 */

export type * from './demo.js'
export type * from './doctor.js'
export type * from './evaluate.js'
export type * from './experiment.js'
export type * from './inspect.js'
export type * from './prepare.js'
export type * from './tag.js'
export type * from './train.js'
