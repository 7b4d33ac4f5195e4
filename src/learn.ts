import { outcome } from './job.js'
import { defaultModel } from './model-sources/name.js'
import type { LearnOptions } from './options/interfaces.js'
import { learn as verb } from './options/learn.js'
import { validate } from './options/validate.js'
import type { LearnDone, LearnEvent } from './records/index.js'

/**
 * Learns the tags of a music library: a head on the features of the base model, tested by cross-validation in which
 * no artist and no album is in two parts. Tags that it cannot tell are withheld, each with the reason. The folder `out`
 * receives the model (with thresholds and a calibration), a report, and a list of labels that are likely wrong. Calling
 * it again after the tags have changed computes only what is new and replaces the result.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`; `ERR_DATASET` for a library without any tag, and
 * if no tag can be learnt; `ERR_MODEL_FORMAT`, `ERR_MODEL_VERSION` for the base model, and the codes of `resolveModel`;
 * `ERR_RUN_EXISTS` if another process works in the folder; `ERR_OUTPUT`, `ERR_CUDA_UNAVAILABLE`.
 * @example
 * ```ts
 * import { learn, tag } from 'samplecnn'
 *
 * const done = await learn({ library: ['Music'], out: 'my-tags' })
 * console.log(done.tags, done.rocAuc, done.report)
 * for await (const song of tag(['new.mp3'], { model: 'my-tags/model.safetensors' })) console.log(song)
 * ```
 */
export async function learn(options: LearnOptions): Promise<LearnDone> {
  const checked = validate<LearnEvent>(verb, options)
  const { from, dryRun } = checked.request
  // A dry run only reads tags, and needs no model.
  const request = from === undefined && dryRun !== true ? { ...checked.request, from: defaultModel } : checked.request
  return await outcome<LearnEvent, LearnDone>('learn', { ...checked, request })
}
