import { outcome } from './job.js'
import type { PrepareOptions } from './options/interfaces.js'
import { prepare as verb } from './options/prepare.js'
import { validate } from './options/validate.js'
import type { PrepareDone, PrepareEvent } from './records/index.js'

/**
 * Decodes and resamples a dataset once, into the cache that `train` reads. A second call continues where the first one
 * stopped. Clips that cannot be decoded are counted, listed in the report and left out.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_DATASET`, `ERR_OUTPUT`.
 */
export async function prepare(options: PrepareOptions): Promise<PrepareDone> {
  return await outcome<PrepareEvent, PrepareDone>('prepare', validate<PrepareEvent>(verb, options))
}
