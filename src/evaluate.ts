import { outcome } from './job.js'
import { evaluate as verb } from './options/evaluate.js'
import type { EvaluateOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { EvaluateEvent, Evaluation } from './records/index.js'

/**
 * Measures a model on a part of a dataset. Clip scores are those of `tag`: the mean over the clip's segments. Segments and
 * seconds of a clip are those of the model's training unless the options say others. Clips that cannot be used are left out,
 * counted in `failed`, and a warning to `onEvent`; clips that the model was trained on are a warning too.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_DATASET`, also
 * where model and dataset share no tag.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  return await outcome<EvaluateEvent, Evaluation>('evaluate', validate<EvaluateEvent>(verb, options))
}
