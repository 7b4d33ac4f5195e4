import { outcome } from './job.js'
import type { ProbeOptions } from './options/interfaces.js'
import { probe as verb } from './options/probe.js'
import { validate } from './options/validate.js'
import type { ProbeDone, ProbeEvent } from './records/index.js'

/**
 * Trains a small classifier on the features of a dataset, and evaluates it on the test part: the measure of how much
 * the features know about the tags. Features come from `embed`. With several `seeds` the result is the mean over as
 * many trainings. A folder that holds the finished probe of the same features, clips and options is not computed again;
 * neither are the finished trainings of an interrupted probe.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_DATASET` for features that cannot be used,
 * for clips without features, and for a dataset without validation clips; `ERR_CHECKPOINT_MISMATCH` for features of
 * several models; `ERR_RUN_EXISTS` for a folder that holds another probe; `ERR_DIVERGED`, `ERR_OUTPUT`.
 * @example
 * ```ts
 * import { probe } from 'samplecnn'
 *
 * const done = await probe({
 *   source: 'features.npy',
 *   dataset: { kind: 'gtzan', root: 'GTZAN' },
 *   hidden: [0],
 *   out: 'runs/linear',
 * })
 * console.log(done.test.accuracy)
 * ```
 */
export async function probe(options: ProbeOptions): Promise<ProbeDone> {
  return await outcome<ProbeEvent, ProbeDone>('probe', validate<ProbeEvent>(verb, options))
}
