/** Models on the Hugging Face hub, or on another server with its interface. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { SampleCnnError } from '../error.js'
import type { ModelEvent } from '../records/index.js'
import { cancellable, throwIfAborted } from '../signals.js'
import { hashOfFile } from './hash.js'
import { cachedFile, enter, isCommit, repositoryFolder } from './hub-cache.js'
import { download, type HubFile } from './hub-download.js'
import { ask, checkAnswer } from './hub-request.js'
import { type HubSettings, hubSettings } from './hub-settings.js'
import type { HubName } from './name.js'

/** Milliseconds between two events of a download. */
const INTERVAL = 200

/** What the caller of a resolver wants to hear, and how the caller stops it. */
export interface Watch {
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: ModelEvent) => void
}

/** The downloads of this process, by the contents: the second request for a file waits for the first. */
const running = new Map<string, Promise<void>>()

/**
 * The file of the model `name`, downloaded into the cache unless it is there. A branch or a tag is looked up on the hub
 * at each call; if the hub cannot be reached, the file of the last call is used, with a warning. `text` is the name as
 * it was given.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_ACCESS`, `ERR_MODEL_HASH`, `ERR_NETWORK`, `ERR_OUTPUT`,
 * `ERR_INVALID_OPTION` for environment variables that cannot be used; the reason of the signal.
 */
export async function hubModel(
  text: string,
  name: HubName,
  watch: Watch,
  settings: HubSettings = hubSettings(),
): Promise<string> {
  throwIfAborted(watch.signal)
  const cached = cachedFile(settings.cache, name)
  // A pinned or committed file can be only one.
  const isFixed = isCommit(name.revision) || name.sha256 !== undefined
  if (cached !== undefined && isFixed && isPinned(cached, name)) return cached
  if (settings.offline) return offline(cached, text, name, settings)
  let facts: Facts
  try {
    facts = await lookUp(name, settings, watch.signal)
  } catch (thrown) {
    if (cached === undefined || !(thrown instanceof SampleCnnError) || thrown.code !== 'ERR_NETWORK') throw thrown
    const file = checkPin(cached, name)
    const message = `the file of the last download is used, ${file}: ${thrown.message}`
    watch.onEvent({ type: 'warning', code: 'hub-not-reached', message })
    return file
  }
  if (isCommit(name.revision) && facts.commit !== name.revision) {
    const message = `${settings.endpoint} answered with the commit ${facts.commit} of ${name.repository}, not with`
    throw new SampleCnnError('ERR_NETWORK', `${message} ${name.revision}, which was asked for: check HF_ENDPOINT`)
  }
  const { sha256 } = name
  if (sha256 !== undefined && isSha256(facts.etag) && facts.etag !== sha256) throw otherThanPinned(name, facts.etag)
  const blob = join(repositoryFolder(settings.cache, name), 'blobs', facts.etag)
  await once(blob, watch.signal, async () => await fetchBlob(text, { name, ...facts }, blob, settings, watch))
  return checkPin(await enter(settings.cache, name, facts.commit, blob), name)
}

/**
 * The file of the model `name` in the cache, without the hub; for functions that return at once.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_HASH`, `ERR_INVALID_OPTION`.
 */
export function cachedHubModel(text: string, name: HubName, { cache }: HubSettings = hubSettings()): string {
  const cached = cachedFile(cache, name)
  if (cached !== undefined) return checkPin(cached, name)
  const advice = `download it first: await resolveModel('${text}')`
  throw new SampleCnnError('ERR_MODEL_NOT_FOUND', `${text} is not in the cache of the hub, ${cache}: ${advice}`)
}

/** The answer of the hub for a file: the commit of the revision, and the file. */
interface Facts extends Omit<HubFile, 'name'> {
  readonly commit: string
}

/** Asks the hub for the facts about a file. */
async function lookUp(name: HubName, settings: HubSettings, signal: AbortSignal | undefined): Promise<Facts> {
  const { response, end } = await ask('HEAD', name, settings, {}, signal)
  end(true)
  checkAnswer('HEAD', response, name, settings)
  const { headers } = response
  const commit = headers.get('x-repo-commit') ?? ''
  const etag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '').replace(/^W\//, '').replaceAll('"', '')
  const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? NaN)
  if (!isCommit(commit) || !/^\w[\w.-]*$/.test(etag)) {
    const message = `${settings.endpoint} does not answer like a model hub: check HF_ENDPOINT`
    throw new SampleCnnError('ERR_NETWORK', `${message} (headers X-Repo-Commit "${commit}", ETag "${etag}")`)
  }
  return { commit, etag, size: Number.isSafeInteger(size) && size >= 0 ? size : null }
}

/** Downloads the content of `file`, unless the cache has it from another commit. */
async function fetchBlob(
  text: string,
  file: HubFile,
  blob: string,
  settings: HubSettings,
  watch: Watch,
): Promise<void> {
  // The blob of a file with a pin may be damaged: then it is downloaded again.
  const isRight = file.name.sha256 === undefined || !isSha256(file.etag) || hashOfFile(blob) === file.etag
  if (existsSync(blob) && isRight) return
  const began = Date.now()
  let told = 0
  let bytes = 0
  const tell = (): void => {
    told = Date.now()
    const seconds = (told - began) / 1000
    watch.onEvent({ type: 'download', model: text, bytes, total: file.size, seconds })
  }
  await download(file, blob, settings, watch.signal, arrived => {
    bytes = arrived
    if (Date.now() - told >= INTERVAL) tell()
  })
  tell()
}

/** Runs `work` unless it runs already for the same `key`; then waits for it, and runs `work` afterwards. */
async function once(key: string, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  for (let other = running.get(key); other !== undefined; other = running.get(key)) {
    // The other caller gets its error; this one tries again.
    const ended = other.catch(() => undefined)
    await cancellable(
      signal,
      () => {},
      async () => await ended,
    )
  }
  const own = work().finally(() => running.delete(key))
  running.set(key, own)
  await own
}

/** The cached file while the hub must not be asked. */
function offline(cached: string | undefined, text: string, name: HubName, { cache }: HubSettings): string {
  if (cached !== undefined) return checkPin(cached, name)
  const advice = 'unset HF_HUB_OFFLINE to download it, or set HF_HUB_CACHE to the cache that has it'
  const message = `${text} is not in the cache of the hub, ${cache}, and HF_HUB_OFFLINE is set: ${advice}`
  throw new SampleCnnError('ERR_MODEL_NOT_FOUND', message)
}

/** Whether `file` has the hash of the pin; a name without a pin accepts every file. */
function isPinned(file: string, { sha256 }: HubName): boolean {
  return sha256 === undefined || hashOfFile(file) === sha256
}

function checkPin(file: string, name: HubName): string {
  if (isPinned(file, name)) return file
  throw otherThanPinned(name, hashOfFile(file) ?? 'unknown: the file cannot be read', file)
}

function otherThanPinned(name: HubName, found: string, file?: string): SampleCnnError {
  const { repository, revision, sha256 = '' } = name
  return new SampleCnnError(
    'ERR_MODEL_HASH',
    `${repository}/${name.file} at ${revision} has the SHA-256 ${found}, but ${sha256} is required by "#sha256=": ` +
      (file === undefined
        ? 'the file on the hub has changed; give the commit of the required file after "@", or the new hash'
        : 'the file in the cache is another one or damaged; delete it, or give the commit of the required file after "@"'),
    file === undefined ? {} : { file },
  )
}

function isSha256(etag: string): boolean {
  return /^[0-9a-f]{64}$/.test(etag)
}
