import { resolve } from 'node:path'

import { SampleCnnError } from './error.js'
import { records } from './job.js'
import type { TagOptions } from './options/interfaces.js'
import { checkPath } from './options/path.js'
import { tag as verb } from './options/tag.js'
import { type Checked, show, validate } from './options/validate.js'
import type { TagEvent, TagRecord } from './records/index.js'

/** Files and folders: one path, or any number. All of them are taken before the first file is tagged. */
export type Paths = string | Iterable<string> | AsyncIterable<string>

/**
 * Tags files, and all audio files below folders. Yields one record per file in input order: `result`, `failed` with a code, or
 * `skipped`; a bad file never ends the run. Leaving the loop stops the work. `start`, `progress`, `warning` and `done` go to
 * `onEvent`.
 *
 * An iterable of paths is read to its end before the first record, an asynchronous one too: for paths that are still being
 * found, call `tag` for each bunch, or hand over a list with `filesFrom`, which is read as the work goes on.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` at once; in the loop `ERR_FILE_NOT_FOUND` and `ERR_MODEL_FORMAT` for the
 * model, `ERR_OUTPUT`.
 * @example
 * ```ts
 * for await (const clip of tag(['song.mp3', 'album/'], { model: 'best.safetensors', top: 5 })) console.log(clip)
 * ```
 */
export function tag(paths: Paths, options: TagOptions): AsyncGenerator<TagRecord, void, void> {
  if (!isPaths(paths)) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `tag: paths must be a path or several, received ${show(paths)}`)
  }
  return results(paths, validate<TagEvent>(verb, options))
}

async function* results(paths: Paths, checked: Checked<TagEvent>): AsyncGenerator<TagRecord, void, void> {
  const { request, signal, onEvent } = checked
  const list = await listed(paths)
  if (list.length === 0 && request['filesFrom'] === undefined) {
    throw new SampleCnnError('ERR_INVALID_OPTION', 'tag: there is nothing to tag: give at least one path')
  }
  for await (const record of records<TagRecord | TagEvent>('tag', { paths: list, ...request }, signal)) {
    if (isResult(record)) yield record
    else onEvent?.(record)
  }
}

function isResult(record: TagRecord | TagEvent): record is TagRecord {
  return record.type === 'result' || record.type === 'failed' || record.type === 'skipped'
}

function isPaths(paths: unknown): boolean {
  if (typeof paths === 'string') return true
  return typeof paths === 'object' && paths !== null && (Symbol.iterator in paths || Symbol.asyncIterator in paths)
}

/** Every path, absolute. */
async function listed(paths: Paths): Promise<string[]> {
  const list: string[] = []
  for await (const path of typeof paths === 'string' ? [paths] : paths) {
    checkPath('tag: each of paths', path)
    list.push(resolve(path))
  }
  return list
}
