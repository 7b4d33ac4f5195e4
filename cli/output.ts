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
  /** Waits until stdout has taken everything. */
  flush(): Promise<void>
}

/**
 * Results on `stream`. Each line is handed to the system before the next, so that a reader of a pipe sees records as they come. A
 * reader that goes away (`| head`) ends the process quietly with 0, as other filters do.
 */
export function createOutput(stream: NodeJS.WriteStream, json: boolean): Output {
  const controller = new AbortController()
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    const advice = error.code === 'ENOSPC' ? 'the disk is full: free some space, then run the same command again' : ''
    const reason = [error.message, advice].filter(part => part !== '').join('; ')
    controller.abort(new SampleCnnError('ERR_OUTPUT', `cannot write to standard output: ${reason}`, { cause: error }))
  })
  const write = (line: string): void => {
    if (!controller.signal.aborted) stream.write(`${line}\n`)
  }
  return {
    text(line) {
      if (!json) write(printable(line))
    },
    record(record) {
      if (json) write(JSON.stringify(record))
    },
    broken: controller.signal,
    async flush() {
      // The callback comes after what was written before, and after a failure, too.
      await new Promise<void>(resolve => stream.write('', () => resolve()))
      await new Promise<void>(resolve => setImmediate(resolve))
    },
  }
}
