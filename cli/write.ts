/** Files that a command writes itself. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

import { SampleCnnError } from '../src/error.js'

/**
 * Writes `text` to `path`, whole or not at all: into a file beside it, to the disk, then under its name.
 *
 * @throws {SampleCnnError} `ERR_OUTPUT` where it cannot be written.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new SampleCnnError('ERR_OUTPUT', `cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}
