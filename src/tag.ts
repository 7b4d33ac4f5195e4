import { breathe } from './breathe.js'
import { SampleCnnError } from './error.js'
import { Listener } from './events.js'
import { records } from './job.js'
import type { TagOptions } from './options/interfaces.js'
import { tag as verb } from './options/tag.js'
import { type Checked, show, validate } from './options/validate.js'
import { absoluteBytes, isPath, type Path, workingDirectoryIfAny } from './path.js'
import type { TagEvent, TagRecord } from './records/index.js'

/** Files and folders: one path, or any number of paths. They are read completely before the first file is tagged. */
export type Paths = Path | Iterable<Path> | AsyncIterable<Path>

/** Number of paths that are passed to the addon in one turn of the event loop. */
const PIECE = 250

/**
 * Tags files, and all audio files in folders and their subfolders. Yields one record per file in input order: `result`,
 * `failed` with a code, or `skipped`. A bad file, or a path that no file can have, never ends the job. Leaving the loop
 * stops the job. `start`, `progress`, `warning` and `done` are passed to `onEvent`; if that callback throws or its
 * promise rejects, the job ends with that error.
 *
 * Relative paths are resolved when `tag` is called. An iterable of paths, also an async one, is read to its end before
 * the first record. If more paths are found later, call `tag` for each group of paths, or pass a list with `filesFrom`,
 * which is read while the job runs.
 *
 * When `signal` aborts, the loop throws its reason at the next record. Calls that use the same model with the same
 * settings (device, precision, threads, batch size) share one plan and its threads, whether the model is a file or a
 * Model.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` and `ERR_DISPOSED` immediately; in the loop `ERR_FILE_NOT_FOUND` and
 * `ERR_MODEL_FORMAT` for the model, and `ERR_OUTPUT`.
 * @example
 * ```ts
 * for await (const clip of tag(['song.mp3', 'album/'], { model: 'best.safetensors', top: 5 })) console.log(clip)
 * ```
 */
export function tag(paths: Paths, options: TagOptions): AsyncGenerator<TagRecord, void, void> {
  if (!isPath(paths) && !isIterable(paths)) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `tag: paths must be a path or several, received ${show(paths)}`)
  }
  // Copy an array: a later change of the array must not change what is tagged.
  const list = isPath(paths) ? [paths] : Array.isArray(paths) ? [...(paths as readonly Path[])] : paths
  return results(list, workingDirectoryIfAny(), validate<TagEvent>(verb, options))
}

async function* results(
  list: Iterable<Path> | AsyncIterable<Path>,
  base: string | undefined,
  { request, model, signal, onEvent }: Checked<TagEvent>,
): AsyncGenerator<TagRecord, void, void> {
  const listener = new Listener<TagEvent>(onEvent)
  const paths = pieces(list, base, request['filesFrom'] !== undefined)
  for await (const record of records<TagRecord | TagEvent>('tag', { request, model, paths, signal }, listener)) {
    if (isResult(record)) yield record
    else listener.tell(record)
  }
  await listener.settled()
}

function isResult(record: TagRecord | TagEvent): record is TagRecord {
  return record.type === 'result' || record.type === 'failed' || record.type === 'skipped'
}

function isIterable(paths: unknown): boolean {
  return typeof paths === 'object' && paths !== null && (Symbol.iterator in paths || Symbol.asyncIterator in paths)
}

/** The paths in the format of the addon, each preceded by its length, in pieces. */
async function* pieces(
  list: Iterable<Path> | AsyncIterable<Path>,
  base: string | undefined,
  mayBeEmpty: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  let piece: Uint8Array[] = []
  let empty = true
  for await (const path of list) {
    if (!isPath(path)) {
      const received = show(path)
      throw new SampleCnnError('ERR_INVALID_OPTION', `tag: each of paths must be a path, received ${received}`)
    }
    const bytes = absoluteBytes('tag: each of paths', path, base)
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
    throw new SampleCnnError('ERR_INVALID_OPTION', 'tag: there is nothing to tag: give at least one path')
  }
  yield Buffer.concat(piece)
}
