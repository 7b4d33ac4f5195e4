/** Signals that stop the process: the first one asks the job to stop, a second Ctrl-C stops it at once. */

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

import { EXIT, type ExitCode } from './exit.js'

/** An abort signal that aborts at the first SIGINT, SIGTERM or SIGHUP, and the exit code for that signal. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** 130 or 143 after a signal, otherwise undefined. */
  exitCode(): ExitCode | undefined
  /** Removes the signal handlers. */
  release(): void
}

/**
 * Milliseconds within which several signals count as one: shells and npm send a signal to the same process that has
 * already received it from the terminal.
 */
const ONE_EVENT = 500

/**
 * Listens for SIGINT, SIGTERM and SIGHUP (the terminal was closed). SIGHUP acts as SIGTERM and is ignored under nohup.
 * `say` receives the notice for people.
 */
export function listenForInterrupt(say: (notice: string) => void): Interrupt {
  const controller = new AbortController()
  let code: ExitCode | undefined
  let first = 0
  const handle = (received: NodeJS.Signals): void => {
    const meant = received === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
    if (code !== undefined) {
      // A closed terminal causes several signals: SIGHUP therefore never counts as the second signal.
      if (received !== 'SIGHUP' && performance.now() - first > ONE_EVENT) process.exit(meant)
      return
    }
    code = meant
    first = performance.now()
    say('stopping after the current step; press Ctrl-C again to stop at once')
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
      // After a closed terminal, further SIGHUPs may arrive until the process ends.
      if (code !== undefined) process.on('SIGHUP', ignore)
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
      process.off('SIGHUP', onHangup)
    },
  }
}

/**
 * Whether this process was started to outlive its terminal. Node resets the signals that its parent ignored, so nohup
 * can only be detected by the name that shells leave in `_`, and on Linux by a parent that ignores SIGHUP itself.
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
