import { fileRecords } from './file-records.js'
import { embed as verb } from './options/embed.js'
import type { EmbedOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import { type Paths, paths as listed } from './paths.js'
import type { EmbedRecord, TagEvent } from './records/index.js'

/**
 * Computes embeddings of files, and of all audio files in folders and their subfolders: the outputs of hidden layers of
 * a network, reduced over the time of each segment and then over the segments of the file (section 4 of the paper).
 * Yields one record per file in input order: `embedding`, `failed` with a code, or `skipped`. Paths, events, errors and
 * `signal` are those of `tag`. With `tags`, a record also has the tags of the file, from the same pass of the network.
 *
 * @throws {SampleCnnError} The codes of `tag`; `ERR_INVALID_OPTION` in the loop for a level that the network does not
 * have.
 * @example
 * ```ts
 * for await (const clip of embed('album/', { levels: [-3, -2, -1] })) {
 *   if (clip.type === 'embedding') console.log(clip.file, clip.values.length)
 * }
 * ```
 */
export function embed(paths: Paths, options: EmbedOptions = {}): AsyncGenerator<EmbedRecord, void, void> {
  const list = listed('embed', paths)
  return fileRecords<EmbedRecord>('embed', list, validate<TagEvent>(verb, options))
}
