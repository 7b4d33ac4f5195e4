// Runs the command line of this checkout as a user's shell would.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'

const program = join(root, 'dist', 'cli', 'main.js')
/** The exit statuses that the documentation names. */
const documented = new Set([0, 1, 2, 3, 4, 129, 130, 143])

/**
 * Runs `samplecnn` with `args`; `kill.signal` ends it after `kill.after` milliseconds, which count from the moment when
 * its output matches `kill.from`, if that is given. `moments` of the result are the milliseconds from the start until
 * the output matches each pattern of `marks`, by name.
 * @returns {Promise<{
 *   status: number | null, signal: string | null, stdout: string, stderr: string, seconds: number,
 *   moments: Record<string, number>
 * }>}
 */
export async function samplecnn(args, { env = {}, cwd, kill, marks = {}, seconds = 120, stdio } = {}) {
  const started = Date.now()
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: stdio ?? ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const moments = {}
  let counts = kill !== undefined && kill.from === undefined
  const end = () => timers.push(setTimeout(() => child.kill(kill.signal), kill.after))
  child.stdout?.on('data', data => {
    stdout += data
    for (const [name, pattern] of Object.entries(marks)) {
      if (moments[name] === undefined && pattern.test(stdout)) moments[name] = Date.now() - started
    }
    if (kill?.from?.test(stdout) === true && !counts) {
      counts = true
      end()
    }
  })
  child.stderr?.on('data', data => (stderr += data))
  const timers = [setTimeout(() => child.kill('SIGKILL'), seconds * 1000)]
  if (counts) end()
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      for (const timer of timers) clearTimeout(timer)
      resolve({ status, signal, stdout, stderr, seconds: (Date.now() - started) / 1000, moments })
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
