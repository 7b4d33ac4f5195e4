/** Files that a command writes itself. */

import { fromNative } from '../src/error.js'
import { native } from '../src/native.js'

/**
 * Writes a picture to `path`, whole or not at all. `inputs` are the files that it was drawn from: they are never written over; other
 * files that samplecnn did not draw only with `force`.
 *
 * @throws {SampleCnnError} `ERR_OUTPUT` where it cannot be written, or is somebody else's.
 */
export function writePicture(path: string, svg: string, inputs: readonly string[], force: boolean): void {
  try {
    native().writePicture(path, svg, [...inputs], force)
  } catch (thrown) {
    throw fromNative(thrown)
  }
}
