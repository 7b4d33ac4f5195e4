import { outcome } from './job.js'
import type { VisualizeOptions } from './options/interfaces.js'
import { check, validate } from './options/validate.js'
import { visualize as verb } from './options/visualize.js'
import type { VisualizeDone, VisualizeEvent } from './records/index.js'

/** The analyses of `visualize`. */
export type VisualizeKind = 'filters' | 'tsne' | 'excitations' | 'timeline'

/**
 * Draws what a model has learned, and writes figures (SVG and PNG), the arrays behind them and a JSON file with the
 * numbers into a folder. `filters`: the signal that each filter responds to most, and its spectrum. `tsne`: maps of the
 * clips of some tags. `excitations`: the factors of squeeze-and-excitation blocks by tag and block, and their
 * dependence on the loudness. `timeline`: the tags of one file over its time.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, among others for a layer, level or tag that does not exist, and for a
 * model that the analysis does not suit; `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_DATASET`, `ERR_OUTPUT`.
 */
export async function visualize(kind: VisualizeKind, options: VisualizeOptions): Promise<VisualizeDone> {
  check('visualize: kind', verb.options['kind']!, kind)
  const checked = validate<VisualizeEvent>(verb, options)
  const request = { kind, ...checked.request }
  return await outcome<VisualizeEvent, VisualizeDone>('visualize', { ...checked, request })
}
