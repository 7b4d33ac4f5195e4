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

/** The exit statuses in words, for help and docs. */
export const exitMeanings: readonly (readonly [status: string, meaning: string])[] = [
  [`${EXIT.ok}`, 'everything was done'],
  [`${EXIT.failed}`, 'done, but some files failed for good; or the command failed'],
  [`${EXIT.usage}`, 'wrong usage'],
  [`${EXIT.nothing}`, 'nothing could be done: no input, no model, or every file failed'],
  [`${EXIT.unfinished}`, 'not finished, for a reason that passes: run the same line again'],
  [
    `${EXIT.interrupted}, ${EXIT.terminated}`,
    'interrupted by Ctrl-C, stopped by SIGTERM or a closed terminal (SIGHUP)',
  ],
]

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

/**
 * What a command exits with that went through `all` inputs, `failed` of them in vain. `unfinished` of these failed for a reason
 * that passes: as long as there is one, the work is not finished.
 */
export function exitCodeOfCounts(all: number, failed: number, unfinished = 0): ExitCode {
  if (unfinished > 0) return EXIT.unfinished
  if (all === 0 || failed === all) return EXIT.nothing
  return failed > 0 ? EXIT.failed : EXIT.ok
}
