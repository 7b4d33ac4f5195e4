import type { Architecture } from './architecture.js'
import { fromNative } from './error.js'
import { native } from './native.js'
import type { Inspection } from './records.js'

/**
 * The layers of a network: `target` is a preset's name, an architecture, or a model file.
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
