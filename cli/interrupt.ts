/** Ctrl-C: the first asks the job to stop, the second stops at once. */

import { EXIT, type ExitCode } from './exit.js'

/** A signal that aborts at the first SIGINT or SIGTERM, and what the process then exits with. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** 130 or 143 after a signal, else undefined. */
  exitCode(): ExitCode | undefined
  /** Takes the handlers away again. */
  release(): void
}

/** Listens for SIGINT and SIGTERM; `say` gets the notice for people. */
export function listenForInterrupt(say: (notice: string) => void): Interrupt {
  const controller = new AbortController()
  let code: ExitCode | undefined
  const handle = (received: NodeJS.Signals): void => {
    const meant = received === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
    if (code !== undefined) process.exit(meant)
    code = meant
    say('stopping after the present step; press Ctrl-C again to stop at once')
    controller.abort()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}
