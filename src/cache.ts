import { outcome } from './job.js'
import { listCache as listing, pruneCache as pruning } from './options/cache.js'
import type { ListCacheOptions, PruneCacheOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { ListCacheDone, PruneCacheDone, PruneCacheEvent } from './records/index.js'

/**
 * Lists what the cache of prepared audio holds at each sampling rate: clips, seconds, bytes, and how much of it no file
 * needs any longer. The samples are not read. A cache that does not exist is empty.
 *
 * @throws {SampleCnnError} `ERR_MODEL_VERSION` for a cache of a newer version, `ERR_IO`, `ERR_INVALID_OPTION`.
 * @example
 * ```ts
 * const { clips, bytes } = await listCache({})
 * console.log(`${clips} clips, ${bytes / 1e9} GB`)
 * ```
 */
export async function listCache(options: ListCacheOptions): Promise<ListCacheDone> {
  return await outcome<ListCacheDone, ListCacheDone>('listCache', validate<ListCacheDone>(listing, options))
}

/**
 * Frees the cache of prepared audio. It removes the copies that the options select, and always caches of earlier
 * versions, copies that a longer copy replaces, and what killed jobs have left. What a running job uses stays. Removed
 * audio is decoded again by the next job that needs it.
 *
 * @throws {SampleCnnError} `ERR_MODEL_VERSION` for a cache of a newer version, `ERR_OUTPUT` for a file that cannot be
 * removed, `ERR_IO`, `ERR_INVALID_OPTION`.
 * @example
 * ```ts
 * const { freed } = await pruneCache({ olderThan: 30, unused: true, dryRun: true })
 * console.log(`${freed / 1e9} GB could be freed`)
 * ```
 */
export async function pruneCache(options: PruneCacheOptions): Promise<PruneCacheDone> {
  return await outcome<PruneCacheEvent, PruneCacheDone>('pruneCache', validate<PruneCacheEvent>(pruning, options))
}
