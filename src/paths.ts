/** The files and folders of a job: an argument of `tag` and `embed`. */

import { breathe } from './breathe.js'
import { SampleCnnError } from './error.js'
import { show } from './options/validate.js'
import { absoluteBytes, isPath, type Path, workingDirectoryIfAny } from './path.js'

/** Files and folders: one path, or any number of paths. They are read completely before the first file is tagged. */
export type Paths = Path | Iterable<Path> | AsyncIterable<Path>

/** Number of paths that are passed to the addon in one turn of the event loop. */
const PIECE = 250

/** Makes the pieces of a list of paths for the addon: the paths, each preceded by its length. */
export type PathPieces = (mayBeEmpty: boolean) => AsyncGenerator<Uint8Array, void, void>

/**
 * Checks the argument of the verb `name`. Relative paths are resolved against the working directory at the time of this
 * call.
 */
export function paths(name: string, given: Paths): PathPieces {
  if (!isPath(given) && !isIterable(given)) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `${name}: paths must be a path or several, received ${show(given)}`)
  }
  // Copy an array: a later change of the array must not change what is tagged.
  const list = isPath(given) ? [given] : Array.isArray(given) ? copied(given as readonly Path[]) : given
  const base = workingDirectoryIfAny()
  return mayBeEmpty => pieces(name, list, base, mayBeEmpty)
}

/** The paths of a list up to the first item that is no path, at which reading the list fails. */
function copied(given: readonly Path[]): readonly Path[] {
  const list: Path[] = []
  for (const path of given) {
    list.push(path)
    // A list of a billion gaps would fill the memory.
    if (!isPath(path)) break
  }
  return list
}

function isIterable(paths: unknown): boolean {
  if (typeof paths !== 'object' || paths === null) return false
  const { [Symbol.iterator]: each, [Symbol.asyncIterator]: eachLater } = paths as Partial<Iterable<unknown>> &
    Partial<AsyncIterable<unknown>>
  return typeof each === 'function' || typeof eachLater === 'function'
}

async function* pieces(
  name: string,
  list: Iterable<Path> | AsyncIterable<Path>,
  base: string | undefined,
  mayBeEmpty: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  let piece: Uint8Array[] = []
  let empty = true
  for await (const path of list) {
    if (!isPath(path)) {
      const received = show(path)
      throw new SampleCnnError('ERR_INVALID_OPTION', `${name}: each of paths must be a path, received ${received}`)
    }
    const bytes = absoluteBytes(`${name}: each of paths`, path, base)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    piece.push(length, bytes)
    empty = false
    if (piece.length < 2 * PIECE) continue
    yield Buffer.concat(piece)
    piece = []
    await breathe()
  }
  if (empty && !mayBeEmpty) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `${name}: there is nothing to ${name}: give at least one path`)
  }
  yield Buffer.concat(piece)
}
