/** Results on stdout: lines of text, or NDJSON records. */

import { SampleCnnError } from '../src/error.js'
import { visible } from './visible.js'

/** Writes results. */
export interface Output {
  /** One line of text for people, control characters written out; nothing with `--json`. */
  text(line: string): void
  /** One JSON record a line; nothing without `--json`. */
  record(record: unknown): void
  /** Waits until everything is handed over. Rejects with `ERR_OUTPUT` where it could not be. */
  flush(): Promise<void>
}

/** What happens when results cannot be handed over. */
export interface OnLoss {
  /** The reader went away (`| head`, a closed terminal). Later results are dropped. */
  gone(): void
  /** They cannot be written, for example because the disk is full. */
  failed(failure: SampleCnnError): void
}

/** The ways in which a pipe, a socket or a terminal says that nobody reads any more. */
const GONE = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** Results on `stream`. Each line is handed to the system before the next, so that a reader of a pipe sees records as they come. */
export function createOutput(stream: NodeJS.WriteStream, json: boolean, onLoss: OnLoss): Output {
  let lost = false
  let failure: SampleCnnError | undefined
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (lost) return
    lost = true
    if (GONE.has(error.code ?? '')) return onLoss.gone()
    const advice = error.code === 'ENOSPC' ? '; the disk is full: free some space' : ''
    failure = new SampleCnnError('ERR_OUTPUT', `cannot write the results to standard output: ${error.message}${advice}`)
    onLoss.failed(failure)
  })
  const write = (line: string): void => {
    if (!lost) stream.write(`${line}\n`)
  }
  return {
    text(line) {
      if (!json) write(visible(line))
    },
    record(record) {
      if (json) write(JSON.stringify(record))
    },
    async flush() {
      if (!lost) await new Promise<void>(resolve => stream.write('', () => resolve()))
      // An error is told after the call that it belongs to.
      await new Promise<void>(resolve => setImmediate(resolve))
      if (failure !== undefined) throw failure
    },
  }
}
