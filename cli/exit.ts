/** What the exit status of a command says. Scripts branch on it. */
export const EXIT = {
  /** Everything was done. */
  ok: 0,
  /** Finished, but some files failed; or the command failed. */
  failed: 1,
  /** Wrong usage: an unknown command, option or value. */
  usage: 2,
  /** Nothing could be done: no input matched, no model, or every file failed. */
  nothing: 3,
  /** Interrupted by Ctrl-C (SIGINT). */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const

/** One of the exit statuses. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
