import type { ErrorCode } from '../src/codes.js'

/** What the exit status of a command says. Scripts branch on it. */
export const EXIT = {
  /** Everything was done. */
  ok: 0,
  /** Finished, but some files failed for good; or the command failed. */
  failed: 1,
  /** Wrong usage: an unknown command, option or value. */
  usage: 2,
  /** Nothing could be done: no input matched, no model, or every file failed. */
  nothing: 3,
  /** Not finished, because of something that passes (a disk that did not answer): run the same line again. */
  unfinished: 4,
  /** Interrupted by Ctrl-C (SIGINT). */
  interrupted: 130,
  /** Stopped by SIGTERM, or by SIGHUP: the terminal was closed. */
  terminated: 143,
} as const

/** One of the exit statuses. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The codes that end with another status than `failed`. */
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
  ERR_DATASET: EXIT.nothing,
  ERR_IO: EXIT.unfinished,
}

/** What a command exits with that ends with `code`: `usage` for options, `nothing` for inputs that cannot be used. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return statuses[code] ?? EXIT.failed
}

/** What a command exits with that went through `all` inputs, `failed` of them in vain. */
export function exitCodeOfCounts(all: number, failed: number): ExitCode {
  if (all === 0 || failed === all) return EXIT.nothing
  return failed > 0 ? EXIT.failed : EXIT.ok
}
