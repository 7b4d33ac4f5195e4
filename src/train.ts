import { outcome } from './job.js'
import type { TrainOptions } from './options/interfaces.js'
import { train as verb } from './options/train.js'
import { validate } from './options/validate.js'
import type { Path } from './path.js'
import type { TrainDone, TrainEvent } from './records/index.js'
import { optionsOfRun } from './run-config.js'

/** Options of `train` that repeat a run: all others are those of the run unless they are given. */
export type RepeatOptions = Partial<TrainOptions> & {
  /** The config.json of the run. */
  readonly config: Path
  /** The folder of the new run. */
  readonly out: Path
}

/**
 * Trains a network on a dataset, into a run folder.
 *
 * The training runs on its own thread and never blocks the event loop. When `signal` aborts, the training writes a
 * checkpoint after the current step and the promise rejects with the reason of the signal; `resume` continues from that
 * checkpoint.
 *
 * `process.exit()` gives a training two seconds to write a checkpoint. If a step takes longer, or if the process is
 * killed, the work after the last checkpoint is lost, which is at most `checkpointSeconds`. To stop without a loss,
 * abort the signal and wait for the promise. Do this also on SIGTERM, SIGINT and SIGHUP, which end a Node program that
 * does not listen for them.
 *
 * With `config`, the config.json of a run, the training has all options of that run, on the same data, so that it gives
 * the same model; options that are given as well replace those of the run. With `seeds`, several runs are trained that
 * differ in their seed only.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_DATASET`, `ERR_RUN_EXISTS`, `ERR_CHECKPOINT_MISMATCH`,
 * `ERR_DIVERGED`, `ERR_OUTPUT`.
 * @example
 * ```ts
 * const run = await train({ dataset: { kind: 'mtat', root: 'MagnaTagATune' }, out: 'runs/mtat', onEvent: console.log })
 * console.log(run.best, run.test.rocAuc)
 * ```
 */
export async function train(options: TrainOptions | RepeatOptions): Promise<TrainDone> {
  return await outcome<TrainEvent, TrainDone>('train', validate<TrainEvent>(verb, optionsOfRun(options)))
}
