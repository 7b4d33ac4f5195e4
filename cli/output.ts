/** Results on stdout: lines of text, or NDJSON records. */

/** Writes results. */
export interface Output {
  /** One line of text for people; nothing with `--json`. */
  text(line: string): void
  /** One JSON record a line; nothing without `--json`. */
  record(record: unknown): void
}

/**
 * Results on `stream`. Each line is handed to the system before the next, so that a reader of a pipe sees records as they come. A
 * reader that goes away (`| head`) ends the process quietly with 0, as other filters do.
 */
export function createOutput(stream: NodeJS.WriteStream, json: boolean): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    text(line) {
      if (!json) stream.write(`${line}\n`)
    },
    record(record) {
      if (json) stream.write(`${JSON.stringify(record)}\n`)
    },
  }
}
