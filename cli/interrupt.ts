/** Signals that end a process: the first asks the job to stop, Ctrl-C once more stops at once. */

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

import { EXIT, type ExitCode } from './exit.js'

/** A signal that aborts at the first SIGINT, SIGTERM or SIGHUP, and what the process then exits with. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** 130 or 143 after a signal, else undefined. */
  exitCode(): ExitCode | undefined
  /** Takes the handlers away again. */
  release(): void
}

/** Milliseconds in which signals count as one: shells and npm send to the same process what the terminal has sent already. */
const ONE_EVENT = 500

/**
 * Listens for SIGINT, SIGTERM and SIGHUP (the terminal was closed), which acts as SIGTERM and is ignored under nohup; `say` gets the
 * notice for people.
 */
export function listenForInterrupt(say: (notice: string) => void): Interrupt {
  const controller = new AbortController()
  let code: ExitCode | undefined
  let first = 0
  const handle = (received: NodeJS.Signals): void => {
    const meant = received === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
    if (code !== undefined) {
      // A closed terminal is told in several ways: it never shortens the last step.
      if (received !== 'SIGHUP' && performance.now() - first > ONE_EVENT) process.exit(meant)
      return
    }
    code = meant
    first = performance.now()
    say('stopping after the present step; press Ctrl-C again to stop at once')
    controller.abort()
  }
  const ignore = (): void => undefined
  const onHangup = ignoresHangup() ? ignore : handle
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  process.on('SIGHUP', onHangup)
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      // Whoever was stopped by a closed terminal may be told again until the very end.
      if (code !== undefined) process.on('SIGHUP', ignore)
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
      process.off('SIGHUP', onHangup)
    },
  }
}

/**
 * Whether this process was started to outlive its terminal. Node resets the ignored signals of its parent, so what is left of nohup is
 * the name that shells leave in `_`, and on Linux the parent that ignores SIGHUP itself.
 */
export function ignoresHangup(env: NodeJS.ProcessEnv = process.env, parent: number = process.ppid): boolean {
  if (basename(env['_'] ?? '') === 'nohup') return true
  try {
    const ignored = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync(`/proc/${parent}/status`, 'latin1'))?.[1]
    return ignored !== undefined && (Number.parseInt(ignored.slice(-1), 16) & 1) === 1
  } catch {
    return false
  }
}
