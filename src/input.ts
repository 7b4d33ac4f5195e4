/** Audio that a caller passes: a path, or the content of a file in one of several forms. */

import { types } from 'node:util'

import type { NativeBytes } from '#native'

import type { AudioInput } from './audio-input.js'
import { breathe, turnBytes } from './breathe.js'
import { SampleCnnError } from './error.js'
import { native } from './native.js'
import { isObject } from './options/object.js'
import { checkPath } from './options/path.js'
import { show } from './options/validate.js'
import { absoluteBytes, isPath } from './path.js'
import { cancellable, throwIfAborted } from './signals.js'

/** The audio in the form that the addon accepts. */
export type Source = { readonly path: Uint8Array } | { readonly name: string; readonly bytes: NativeBytes }

/**
 * Prepares `input` for the addon; bytes are copied, in slices.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_TOO_LARGE`; an error of a stream; the reason of `signal`.
 */
export async function audio(
  subject: string,
  input: AudioInput,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Source> {
  throwIfAborted(signal)
  const whole = bytesOf(input)
  if (whole === undefined && isPath(input)) {
    checkPath(subject, input)
    return { path: absoluteBytes(subject, input) }
  }
  const content = new Content(subject, maxBytes, signal)
  try {
    if (whole !== undefined) await content.add(whole)
    else await read(subject, input, content, signal)
  } catch (thrown) {
    // Free the memory at once: V8 does not know how large it is and would keep the object for a long time.
    content.bytes.clear()
    throw thrown
  }
  return { name: nameOf(input), bytes: content.bytes }
}

/** The content of a file that is being copied for the addon. */
class Content {
  readonly bytes: NativeBytes = new (native().NativeBytes)()
  readonly #subject: string
  readonly #maxBytes: number
  readonly #signal: AbortSignal | undefined
  #length = 0
  /** Bytes copied in this turn of the event loop: many small pieces take as long as one large piece. */
  #copied = 0

  constructor(subject: string, maxBytes: number, signal: AbortSignal | undefined) {
    this.#subject = subject
    this.#maxBytes = maxBytes
    this.#signal = signal
  }

  async add(bytes: Uint8Array): Promise<void> {
    const { length } = bytes
    this.#length += length
    if (this.#length > this.#maxBytes) {
      throw new SampleCnnError(
        'ERR_TOO_LARGE',
        `${this.#subject} has more than ${this.#maxBytes} bytes, the limit for content in memory: ` +
          'write it to a file and give its path, or raise maxBytes',
      )
    }
    for (let start = 0; start < length; start += turnBytes) {
      if (this.#copied >= turnBytes) {
        this.#copied = 0
        await breathe()
        throwIfAborted(this.#signal)
        if (bytes.length !== length) throw detached(this.#subject)
      }
      const slice = bytes.subarray(start, start + turnBytes)
      this.bytes.push(types.isSharedArrayBuffer(slice.buffer) ? new Uint8Array(slice) : slice)
      this.#copied += slice.length
    }
  }
}

function detached(subject: string, cause?: unknown): SampleCnnError {
  const message = `${subject} was detached or resized before it was copied: keep it until the promise is settled`
  return new SampleCnnError('ERR_INVALID_OPTION', message, { cause })
}

/** The bytes of content in memory; undefined for anything else. */
function bytesOf(input: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    if (types.isAnyArrayBuffer(input)) return new Uint8Array(input)
  } catch (cause) {
    throw detached('the input', cause)
  }
  return undefined
}

/** Reads a stream to its end. When `signal` aborts, the stream is closed and the reason is thrown at once. */
async function read(subject: string, input: unknown, content: Content, signal: AbortSignal | undefined): Promise<void> {
  const iterator = iteratorOf(subject, input)
  const next = async (): Promise<IteratorResult<unknown>> => await iterator.next()
  // The stream is closed below, in one place for all ways in which it can end early.
  const nothing = (): void => {}
  let done = false
  try {
    for (;;) {
      const piece = await cancellable(signal, nothing, next)
      if (!isObject(piece)) {
        throw new SampleCnnError(
          'ERR_INVALID_OPTION',
          `${subject} must be a stream of bytes, received ${show(piece)} from it`,
        )
      }
      if (piece.done === true) break
      const bytes = bytesOf(piece.value)
      if (bytes === undefined) {
        const message = `${subject} must be a stream of bytes, received ${show(piece.value)} from it`
        throw new SampleCnnError('ERR_INVALID_OPTION', message)
      }
      await content.add(bytes)
    }
    done = true
  } finally {
    if (!done) close(input, iterator)
  }
}

/**
 * Closes a stream that was not read to its end. The result is not awaited: closing a stream that hangs would never end.
 */
function close(input: unknown, iterator: AsyncIterator<unknown>): void {
  try {
    const { destroy } = input as { destroy?: unknown }
    if (typeof destroy === 'function') destroy.call(input)
    Promise.resolve(iterator.return?.()).catch(() => {})
  } catch {
    // The caller receives the error that ended the reading, not that of closing.
  }
}

function iteratorOf(subject: string, input: unknown): AsyncIterator<unknown> {
  const streamed =
    isObject(input) && !isStream(input) && typeof input['stream'] === 'function' ? input['stream']() : input
  if (isObject(streamed) && isStream(streamed)) {
    const iterator: unknown = streamed[Symbol.asyncIterator]()
    if (isObject(iterator) && typeof iterator['next'] === 'function')
      return iterator as unknown as AsyncIterator<unknown>
  }
  const expected = 'a path, a file: URL, bytes, a Blob or a stream of bytes'
  throw new SampleCnnError('ERR_INVALID_OPTION', `${subject} must be ${expected}, received ${show(input)}`)
}

function isStream(value: object): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

/** The name of the content in messages; its suffix helps to detect the format. */
function nameOf(input: unknown): string {
  const { name, path } = input as { name?: unknown; path?: unknown }
  for (const known of [name, path]) if (typeof known === 'string' && known !== '') return known
  return 'audio in memory'
}
