import { outcome } from './job.js'
import { evaluate as verb } from './options/evaluate.js'
import type { EvaluateOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { EvaluateEvent, Evaluation } from './records/index.js'
import { trainingOrder } from './training-order.js'

/**
 * Measures a model on a part of a data set. Clip scores are those of `tag`: the mean over the clip's segments. Clips that
 * cannot be used are left out, counted in `failed`, and a warning to `onEvent`.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_DATASET`, also
 * where model and data set share no tag.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const checked = validate<EvaluateEvent>(verb, options)
  return await outcome<EvaluateEvent, Evaluation>('evaluate', trainingOrder(checked))
}
