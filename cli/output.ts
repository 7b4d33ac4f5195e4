/** Results on stdout: lines of text, or NDJSON records. */

import { SampleCnnError } from '../src/error.js'
import { printable } from './printable.js'

/** Writes results. */
export interface Output {
  /** Writes one line of text for people; nothing with `--json`. Control characters are escaped. */
  text(line: string): void
  /** Writes one JSON record as a line; nothing without `--json`. */
  record(record: unknown): void
  /** Aborts when writing to stdout fails; the reason is an `ERR_OUTPUT` error. */
  readonly broken: AbortSignal
  /**
   * From now on the command continues if the reader of stdout goes away, because it also writes files; later results
   * are dropped.
   */
  outliveReader(): void
  /** Waits until everything has been written to stdout. */
  flush(): Promise<void>
}

/** The error codes of a pipe, a socket or a terminal without a reader. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/**
 * Writes results to `stream`. Each line is passed to the system at once, so that the reader of a pipe sees records as
 * they come. If the reader goes away (`| head`, a closed terminal), the process ends quietly with 0, as other filters
 * do, unless the command continues without a reader.
 */
export function createOutput(stream: NodeJS.WriteStream, json: boolean): Output {
  const controller = new AbortController()
  let outlives = false
  let gone = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.has(error.code)) {
      if (!outlives) process.exit(0)
      gone = true
      return
    }
    const advice = error.code === 'ENOSPC' ? 'the disk is full: free some space, then run the same command again' : ''
    const reason = [error.message, advice].filter(part => part !== '').join('; ')
    controller.abort(new SampleCnnError('ERR_OUTPUT', `cannot write to standard output: ${reason}`, { cause: error }))
  })
  const write = (line: string): void => {
    if (!controller.signal.aborted && !gone) stream.write(`${line}\n`)
  }
  return {
    text(line) {
      if (!json) write(printable(line))
    },
    record(record) {
      if (json) write(JSON.stringify(record))
    },
    broken: controller.signal,
    outliveReader() {
      outlives = true
    },
    async flush() {
      if (gone) return
      // The callback runs after all earlier writes, even if they failed.
      await new Promise<void>(resolve => stream.write('', () => resolve()))
      await new Promise<void>(resolve => setImmediate(resolve))
    },
  }
}
