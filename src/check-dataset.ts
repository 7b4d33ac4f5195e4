import { outcome } from './job.js'
import { checkDataset as verb } from './options/dataset.js'
import type { CheckDatasetOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { CheckDatasetDone, CheckDatasetEvent } from './records/index.js'

/**
 * Checks a dataset before a training. `onEvent` receives one record `dataset` (parts, tags, missing and broken files,
 * and the published results that it can be compared with) and a record `finding` for everything that deserves
 * attention. The result counts the findings. Decoded audio is kept in the cache that a training uses.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_DATASET` for lists that cannot be read.
 * @example
 * ```ts
 * const { errors } = await checkDataset({ dataset: { kind: 'mtat', root: 'MagnaTagATune' }, onEvent: console.log })
 * console.log(errors === 0)
 * ```
 */
export async function checkDataset(options: CheckDatasetOptions): Promise<CheckDatasetDone> {
  return await outcome<CheckDatasetEvent, CheckDatasetDone>('dataset', validate<CheckDatasetEvent>(verb, options))
}
