/** Results on stdout: lines of text, or NDJSON records. */

import { SampleCnnError } from '../src/error.js'
import { printable } from './printable.js'

/** Writes results. */
export interface Output {
  /** One line of text for people; nothing with `--json`. What a terminal would obey is escaped. */
  text(line: string): void
  /** One JSON record a line; nothing without `--json`. */
  record(record: unknown): void
  /** Aborts where stdout takes nothing more, with the `ERR_OUTPUT` that says why. */
  readonly broken: AbortSignal
  /** From now on a reader that goes away ends nothing, because the work leaves files: later results are dropped. */
  outliveReader(): void
  /** Waits until stdout has taken everything. */
  flush(): Promise<void>
}

/** How a pipe, a socket or a terminal says that nobody reads any more. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/**
 * Results on `stream`. Each line is handed to the system before the next, so that a reader of a pipe sees records as they come. A
 * reader that goes away (`| head`, a closed terminal) ends the process quietly with 0, as other filters do, unless the work outlives
 * its reader.
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
      // The callback comes after what was written before, and after a failure, too.
      await new Promise<void>(resolve => stream.write('', () => resolve()))
      await new Promise<void>(resolve => setImmediate(resolve))
    },
  }
}
