import { outcome } from './job.js'
import { evaluate as verb } from './options/evaluate.js'
import type { EvaluateOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { EvaluateEvent, Evaluation } from './records/index.js'

/**
 * Evaluates a model on a part of a dataset. The score of a clip is that of `tag`: the mean over the segments of the
 * clip. The segments and seconds of each clip are those of the model's training unless the options set others. Clips
 * that cannot be used are left out, counted in `failed`, and reported to `onEvent` as a warning; clips that the model
 * was trained on are reported as a warning too.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, the codes of `resolveModel`,
 * `ERR_DATASET`, also if the model and the dataset have no tag in common.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  return await outcome<EvaluateEvent, Evaluation>('evaluate', validate<EvaluateEvent>(verb, options))
}
