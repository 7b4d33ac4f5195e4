import { outcome } from './job.js'
import { experiment as verb } from './options/experiment.js'
import type { ExperimentName } from './options/experiments.js'
import type { ExperimentOptions } from './options/interfaces.js'
import { check, validate } from './options/validate.js'
import type { ExperimentDone, ExperimentEvent } from './records/index.js'

/**
 * Runs an experiment of the SampleCNN papers: several trainings with one protocol, and a table that compares the
 * results with those of the paper. A second call with the same folder keeps the finished trainings.
 *
 * @throws {SampleCnnError} those of `train`.
 */
export async function experiment(name: ExperimentName, options: ExperimentOptions): Promise<ExperimentDone> {
  check('experiment: name', verb.options['name']!, name)
  const checked = validate<ExperimentEvent>(verb, options)
  const request = { name, ...checked.request }
  return await outcome<ExperimentEvent, ExperimentDone>('experiment', { ...checked, request })
}
