/** Downloads a file of the hub into the cache: resumed where an earlier download broke off, and checked at the end. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

import { SampleCnnError } from '../error.js'
import { cancellable, throwIfAborted } from '../signals.js'
import { writing } from './hub-cache.js'
import { type Answer, ask, checkAnswer, reasonOf } from './hub-request.js'
import type { HubSettings } from './hub-settings.js'
import type { HubName } from './name.js'

/** Number of attempts before the download fails. */
const ATTEMPTS = 5

/** Milliseconds before the second attempt; each further attempt waits twice as long. */
const PAUSE = 200

/** Age in milliseconds at which a part of a file, downloaded by another machine, counts as abandoned. */
const ABANDONED = 3_600_000

/** What the hub says about a file. */
export interface HubFile {
  readonly name: HubName
  /** The name of the content in the cache: the SHA-256 of a large file, the git hash of a small one. */
  readonly etag: string
  /** The size in bytes; null if the hub does not say. */
  readonly size: number | null
}

/** Receives the number of bytes that have arrived. */
export type OnBytes = (bytes: number) => void

/**
 * Downloads `file` to `blob`, which is written only when it is complete and its hash is right.
 *
 * @throws {SampleCnnError} `ERR_NETWORK`, `ERR_MODEL_HASH`, `ERR_OUTPUT`, those of `checkAnswer`; the reason of `signal`.
 */
export async function download(
  file: HubFile,
  blob: string,
  settings: HubSettings,
  signal: AbortSignal | undefined,
  onBytes: OnBytes,
): Promise<void> {
  const inCache = <Result>(work: () => Promise<Result>): Promise<Result> => writing(settings.cache, work)
  await inCache(async () => await mkdir(dirname(blob), { recursive: true }))
  const part = await inCache(async () => await adopt(blob))
  let failure: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0)
      await cancellable(
        signal,
        () => {},
        async () => await pause(PAUSE * 2 ** (attempt - 1)),
      )
    const target = await inCache(async () => await open(part, 'a'))
    const resumed = (await target.stat()).size
    try {
      await inCache(async () => await append(target, file, settings, signal, onBytes))
    } catch (thrown) {
      if (!(thrown instanceof SampleCnnError) || thrown.code !== 'ERR_NETWORK') throw thrown
      failure = thrown
      continue
    } finally {
      await target.close()
    }
    const found = await hashOf(part, file.etag)
    if (found === undefined || found === file.etag) {
      await inCache(async () => await rename(part, blob))
      return
    }
    await rm(part, { force: true })
    failure = wrongHash(file, found, settings)
    // The part from an earlier download may be damaged: try once from the beginning.
    if (resumed === 0) break
  }
  throw failure
}

/** Appends the bytes that `target` lacks; the hub may send the whole file instead. */
async function append(
  target: FileHandle,
  file: HubFile,
  settings: HubSettings,
  signal: AbortSignal | undefined,
  onBytes: OnBytes,
): Promise<void> {
  let bytes = (await target.stat()).size
  const restart = async (): Promise<void> => {
    await target.truncate(0)
    bytes = 0
  }
  if (file.size !== null && bytes > file.size) await restart()
  onBytes(bytes)
  if (bytes === file.size) return
  const headers: Record<string, string> = bytes > 0 ? { range: `bytes=${bytes}-` } : {}
  const answer = await ask('GET', file.name, settings, headers, signal)
  let isRead = false
  try {
    const { response } = answer
    if (response.status === 416) {
      await restart()
      throw interrupted(file, 0, 'the hub cannot continue it')
    }
    checkAnswer('GET', response, file.name, settings)
    if (response.status !== 206 || !continuesAt(response, bytes)) await restart()
    const reader = response.body?.getReader()
    for (;;) {
      const piece = await next(reader, answer, signal, why => interrupted(file, bytes, why))
      isRead = piece === undefined
      if (piece === undefined) break
      bytes += piece.length
      if (file.size !== null && bytes > file.size) {
        await restart()
        throw interrupted(file, 0, `more than ${file.size} bytes arrived`)
      }
      await target.appendFile(piece)
      onBytes(bytes)
    }
    if (file.size !== null && bytes < file.size) throw interrupted(file, bytes, 'the connection was closed')
    await target.sync()
  } finally {
    answer.end(isRead)
  }
}

/** The next part of a body; undefined at its end. */
async function next(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  { wait }: Answer,
  signal: AbortSignal | undefined,
  failed: (why: string) => SampleCnnError,
): Promise<Uint8Array | undefined> {
  wait()
  try {
    return (await reader?.read())?.value
  } catch (cause) {
    throwIfAborted(signal)
    throw failed((cause as Error).name === 'AbortError' ? 'no more bytes arrived in time' : reasonOf(cause))
  }
}

/** Whether a partial answer begins at the byte `start`. */
function continuesAt({ headers }: Response, start: number): boolean {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]) === start
}

/**
 * The file for the bytes that have arrived. Its name has the process and the thread that write it; the part of a
 * process that has ended is continued.
 */
async function adopt(blob: string): Promise<string> {
  const folder = dirname(blob)
  const host = hostname().replaceAll(/[^\w-]/g, '_')
  const own = `${blob}.${host}.${process.pid}-${threadId}.incomplete`
  const names = await readdir(folder)
  if (names.includes(basename(own))) return own
  for (const name of names) {
    const [, writer, pid] = /\.([\w-]+)\.(\d+)(?:-\d+)?\.incomplete$/.exec(name) ?? []
    if (writer === undefined || !name.startsWith(`${basename(blob)}.${writer}.`)) continue
    try {
      const { mtimeMs } = await stat(join(folder, name))
      const isAbandoned = writer === host ? !isRunning(Number(pid)) : Date.now() - mtimeMs > ABANDONED
      if (!isAbandoned) continue
      await rename(join(folder, name), own)
      return own
    } catch {
      // Another process has continued or finished it.
    }
  }
  return own
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The hash of `path` of the kind of `etag`: SHA-256, or that of git; undefined if the etag is no hash. */
async function hashOf(path: string, etag: string): Promise<string | undefined> {
  const kind = /^[0-9a-f]{64}$/.test(etag) ? 'sha256' : /^[0-9a-f]{40}$/.test(etag) ? 'sha1' : undefined
  if (kind === undefined) return undefined
  const hash = createHash(kind)
  if (kind === 'sha1') hash.update(`blob ${(await stat(path)).size}\0`)
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

function interrupted({ name, size }: HubFile, bytes: number, why: string): SampleCnnError {
  const of = size === null ? '' : ` of ${size}`
  return new SampleCnnError(
    'ERR_NETWORK',
    `the download of ${name.repository}/${name.file} broke off after ${bytes}${of} bytes: ${why}; ` +
      'run the same again: it continues there',
  )
}

function wrongHash({ name, etag }: HubFile, found: string, { endpoint }: HubSettings): SampleCnnError {
  const kind = etag.length === 64 ? 'SHA-256' : 'git hash'
  return new SampleCnnError(
    'ERR_MODEL_HASH',
    `${name.repository}/${name.file}: the ${kind} of the downloaded file is ${found}, but ${new URL(endpoint).host} ` +
      `states ${etag}: the file was deleted; run the same again, and if it fails again, look for a proxy that changes it`,
  )
}
