import { SampleCnnError } from './error.js'
import { outcome } from './job.js'
import { experiment as verb } from './options/experiment.js'
import type { ExperimentName } from './options/experiments.js'
import type { ExperimentOptions } from './options/interfaces.js'
import { check, validate } from './options/validate.js'
import { absoluteText } from './path.js'
import type { ExperimentDone, ExperimentEvent } from './records/index.js'

/**
 * Runs an experiment of the SampleCNN papers, or one of your own: several trainings with one protocol, a table that
 * compares the results with published ones, and the verdicts about the claims. `name` is the name of an experiment, or
 * the path of a file that ends in `.json` (docs/experiments.md). A second call with the same folder keeps the finished
 * trainings. With `merge`, nothing is trained: the folders of parts of the experiment are joined.
 *
 * @throws {SampleCnnError} those of `train`.
 */
export async function experiment(
  name: ExperimentName | `${string}.json`,
  options: ExperimentOptions,
): Promise<ExperimentDone> {
  check('experiment: name', verb.options['name']!, name)
  const checked = validate<ExperimentEvent>(verb, options)
  if (checked.request['merge'] === undefined && checked.request['dataset'] === undefined) {
    throw new SampleCnnError('ERR_INVALID_OPTION', 'experiment: dataset is missing: the clips and their tags')
  }
  const file = name.toLowerCase().endsWith('.json') ? absoluteText('the experiment', name) : name
  const request = { name: file, ...checked.request }
  return await outcome<ExperimentEvent, ExperimentDone>('experiment', { ...checked, request })
}
