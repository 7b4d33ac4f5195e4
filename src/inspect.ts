import type { Architecture } from './architecture.js'
import { fromNative, SampleCnnError } from './error.js'
import { native } from './native.js'
import type { Inspection } from './records.js'

/**
 * The layers of a network: `target` is a preset's name, an architecture, a .json file with one, or a model file.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for a name or architecture that cannot work, `ERR_FILE_NOT_FOUND`,
 * `ERR_MODEL_FORMAT`.
 */
export function inspect(target: string | Architecture): Inspection {
  try {
    return JSON.parse(native().inspect(typeof target === 'string' ? target : JSON.stringify(target))) as Inspection
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/**
 * Draws networks as SVG: one as its layer table, several side by side on one time axis, as Figure 1 of the papers.
 *
 * @throws {SampleCnnError} as `inspect`; `ERR_INVALID_OPTION` where `targets` is empty.
 */
export function draw(targets: readonly (string | Architecture)[]): string {
  if (targets.length === 0)
    throw new SampleCnnError('ERR_INVALID_OPTION', 'draw: there is nothing to draw: give at least one network')
  try {
    return native().draw(targets.map(target => (typeof target === 'string' ? target : JSON.stringify(target))))
  } catch (thrown) {
    throw fromNative(thrown)
  }
}
