// Runs the command line of this checkout as a user's shell would.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'

const program = join(root, 'dist', 'cli', 'main.js')
/** The exit statuses that the documentation names. */
const documented = new Set([0, 1, 2, 3, 4, 129, 130, 143])

/**
 * Runs `samplecnn` with `args`; `kill.signal` ends it after `kill.after` milliseconds.
 * @returns {Promise<{ status: number | null, signal: string | null, stdout: string, stderr: string, seconds: number }>}
 */
export async function samplecnn(args, { env = {}, cwd, kill, seconds = 120, stdio } = {}) {
  const started = Date.now()
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: stdio ?? ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', data => (stdout += data))
  child.stderr?.on('data', data => (stderr += data))
  const timers = [setTimeout(() => child.kill('SIGKILL'), seconds * 1000)]
  if (kill !== undefined) timers.push(setTimeout(() => child.kill(kill.signal), kill.after))
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      for (const timer of timers) clearTimeout(timer)
      resolve({ status, signal, stdout, stderr, seconds: (Date.now() - started) / 1000 })
    })
  })
}

/**
 * Describes a wrong end of a process (a crash, a panic, a stack trace, an unknown exit status), or returns undefined.
 */
export function faultOf({ status, signal, stdout, stderr }) {
  if (signal !== null) return `it was ended by ${signal}`
  if (!documented.has(status)) return `exit status ${status}`
  const said = stdout + stderr
  if (/panicked|RUST_BACKTRACE/.test(said)) return `a panic: ${said.slice(0, 300)}`
  if (/ERR_INTERNAL/.test(said)) return `ERR_INTERNAL: ${said.slice(0, 300)}`
  if (/^\s+at .*node:internal/m.test(said)) return `a stack trace: ${said.slice(0, 300)}`
  return undefined
}

/** Counts the attempts of one test. */
export function tally(what) {
  const row = { what, tries: 0, right: 0, losses: [] }
  return {
    row,
    /** Counts an attempt; `fault` says what went wrong, or is undefined if nothing did. */
    count(fault, how) {
      row.tries += 1
      if (fault === undefined) row.right += 1
      else row.losses.push(`${what}: ${how}: ${fault}`)
    },
  }
}
