import { outcome } from './job.js'
import { crossValidate as verb } from './options/cross-validate.js'
import type { CrossValidationOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { CrossValidationDone, CrossValidationEvent } from './records/index.js'

/**
 * Trains one network for each fold of a dataset: this fold is the test part, the next one the validation part, the
 * others are the training part. The run of fold K is in the folder `fold-K` of `out`, which also receives the table
 * `folds.md` and `folds.json`. `resume` keeps finished folds.
 *
 * @throws {SampleCnnError} those of `train`; `ERR_DATASET` if the dataset has no folds.
 * @example
 * ```ts
 * const { mean, deviation } = await crossValidate({ dataset: { kind: 'esc50', root: 'ESC-50-master' }, out: 'runs/esc50' })
 * console.log(mean.accuracy, deviation.accuracy)
 * ```
 */
export async function crossValidate(options: CrossValidationOptions): Promise<CrossValidationDone> {
  return await outcome<CrossValidationEvent, CrossValidationDone>(
    'crossValidate',
    validate<CrossValidationEvent>(verb, options),
  )
}
