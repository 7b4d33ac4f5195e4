import { outcome } from './job.js'
import { compare as verb } from './options/compare.js'
import type { CompareOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { CompareDone, CompareEvent } from './records/index.js'

/**
 * Compares finished runs. Runs that differ in their seed only are one group; the folder of `train` with `seeds` stands
 * for its runs. Every two groups are compared by a paired bootstrap over the test clips: `onEvent` receives a record
 * `comparison` for each metric, with the difference, its 95 % interval and a verdict. Groups that were not tested on the
 * same clips and tags in the same way are not comparable, and the record gives the reason. The result contains the
 * metrics of each group and a table in the form `format`.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_DATASET` for a folder that holds no finished
 * run, `ERR_MODEL_VERSION`.
 * @example
 * ```ts
 * const { table } = await compare({ runs: ['runs/basic', 'runs/se'] })
 * console.log(table)
 * ```
 */
export async function compare(options: CompareOptions): Promise<CompareDone> {
  return await outcome<CompareEvent, CompareDone>('compare', validate<CompareEvent>(verb, options))
}
