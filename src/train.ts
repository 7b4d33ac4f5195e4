import { outcome } from './job.js'
import type { TrainOptions } from './options/interfaces.js'
import { train as verb } from './options/train.js'
import { validate } from './options/validate.js'
import type { TrainDone, TrainEvent } from './records/index.js'
import { trainingRequest } from './training-request.js'

/**
 * Trains a network on a data set, into a run folder.
 *
 * Training runs on its own thread and never blocks the event loop. When `signal` aborts, it writes a checkpoint after the
 * present step and the promise rejects with the signal's reason; `resume` goes on from there.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_DATASET`, `ERR_RUN_EXISTS`, `ERR_CHECKPOINT_MISMATCH`, `ERR_DIVERGED`,
 * `ERR_OUTPUT`.
 * @example
 * ```ts
 * const run = await train({ dataset: { kind: 'mtat', root: 'MagnaTagATune' }, out: 'runs/mtat', onEvent: console.log })
 * console.log(run.best, run.test.rocAuc)
 * ```
 */
export async function train(options: TrainOptions): Promise<TrainDone> {
  const { request, signal, onEvent } = validate<TrainEvent>(verb, options)
  return await outcome<TrainEvent, TrainDone>('train', trainingRequest(request), signal, onEvent)
}
