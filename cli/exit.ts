import type { ErrorCode } from '../src/codes.js'

/** The exit statuses of commands, for use in scripts. */
export const EXIT = {
  /** Everything was done. */
  ok: 0,
  /** Finished, but some files failed permanently; or the command failed. */
  failed: 1,
  /** Wrong usage: an unknown command, option or value. */
  usage: 2,
  /** Nothing could be done: no input matched, no model, or every file failed. */
  nothing: 3,
  /** Not finished for a temporary reason, such as a disk that did not respond: run the same command again. */
  unfinished: 4,
  /** Interrupted by Ctrl-C (SIGINT). */
  interrupted: 130,
  /** Stopped by SIGTERM, or by SIGHUP because the terminal was closed. */
  terminated: 143,
} as const

/** One of the exit statuses. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The exit statuses in words, for help texts and documentation. */
export const exitMeanings: readonly (readonly [status: string, meaning: string])[] = [
  [`${EXIT.ok}`, 'everything was done'],
  [`${EXIT.failed}`, 'done, but some files failed permanently; or the command failed'],
  [`${EXIT.usage}`, 'wrong usage'],
  [`${EXIT.nothing}`, 'nothing could be done: no input, no model, or every file failed'],
  [`${EXIT.unfinished}`, 'not finished for a temporary reason: run the same command again'],
  [
    `${EXIT.interrupted}, ${EXIT.terminated}`,
    'interrupted by Ctrl-C, stopped by SIGTERM or a closed terminal (SIGHUP)',
  ],
]

/** The error codes whose exit status is not `failed`. */
const statuses: { readonly [Code in ErrorCode]?: ExitCode } = {
  ERR_INVALID_OPTION: EXIT.usage,
  ERR_FILE_NOT_FOUND: EXIT.nothing,
  ERR_UNSUPPORTED_FORMAT: EXIT.nothing,
  ERR_DECODE: EXIT.nothing,
  ERR_NO_AUDIO: EXIT.nothing,
  ERR_TOO_SHORT: EXIT.nothing,
  ERR_SILENCE: EXIT.nothing,
  ERR_MODEL_FORMAT: EXIT.nothing,
  ERR_MODEL_VERSION: EXIT.nothing,
  ERR_MODEL_NOT_FOUND: EXIT.nothing,
  ERR_MODEL_ACCESS: EXIT.nothing,
  ERR_MODEL_HASH: EXIT.nothing,
  ERR_DATASET: EXIT.nothing,
  ERR_IO: EXIT.unfinished,
  ERR_NETWORK: EXIT.unfinished,
}

/**
 * The exit status for a command that fails with `code`: `usage` for options, `nothing` for inputs that cannot be used.
 */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return statuses[code] ?? EXIT.failed
}

/**
 * The exit status for a command that has processed `all` inputs, `failed` of which failed. `unfinished` of these failed
 * for a temporary reason: if there are any, the work is not finished.
 */
export function exitCodeOfCounts(all: number, failed: number, unfinished = 0): ExitCode {
  if (unfinished > 0) return EXIT.unfinished
  if (all === 0 || failed === all) return EXIT.nothing
  return failed > 0 ? EXIT.failed : EXIT.ok
}
