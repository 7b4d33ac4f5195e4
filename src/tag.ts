import { fileRecords } from './file-records.js'
import type { TagOptions } from './options/interfaces.js'
import { tag as verb } from './options/tag.js'
import { validate } from './options/validate.js'
import { type Paths, paths as listed } from './paths.js'
import type { TagEvent, TagRecord } from './records/index.js'

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
 * Without `model`, the default model of the package `samplecnn-model` is used.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` and `ERR_DISPOSED` immediately; in the loop `ERR_FILE_NOT_FOUND` and
 * `ERR_MODEL_FORMAT` for the model, the codes of `resolveModel`, and `ERR_OUTPUT`.
 * @example
 * ```ts
 * for await (const clip of tag(['song.mp3', 'album/'], { top: 5 })) console.log(clip)
 * ```
 */
export function tag(paths: Paths, options: TagOptions = {}): AsyncGenerator<TagRecord, void, void> {
  const list = listed('tag', paths)
  return fileRecords<TagRecord>('tag', list, validate<TagEvent>(verb, options))
}
