/** Hashes of model files. */

import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** The hashes of files that have been read, by the name, size and time of the file. */
const known = new Map<string, string>()

/**
 * The SHA-256 of the file `path`, hexadecimal; undefined if it is missing or cannot be read. A file that has not changed
 * since the last call is not read again.
 */
export function hashOfFile(path: string): string | undefined {
  try {
    const { size, mtimeMs, ino } = statSync(path)
    const key = JSON.stringify([path, size, mtimeMs, ino])
    const hash = known.get(key) ?? createHash('sha256').update(readFileSync(path)).digest('hex')
    known.set(key, hash)
    return hash
  } catch {
    return undefined
  }
}
