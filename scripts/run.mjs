// Runs other programs.
import { spawn, spawnSync } from 'node:child_process'
import { root } from './paths.mjs'

/** Runs `command` with its output on the terminal; throws if it fails. */
export function run(command, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })
  if (error) throw new Error(explain(command, error))
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`)
}

/** Runs `command` and returns its stdout; throws if it fails. */
export function capture(command, args, env = {}) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (error) throw new Error(explain(command, error))
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`)
  return stdout
}

/** Runs `command`, shows its output immediately, and returns its exit status and its stdout. */
export async function follow(command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', data => {
    text += data
    process.stdout.write(data)
  })
  return await new Promise((resolve, reject) => {
    child.on('error', error => reject(new Error(explain(command, error))))
    child.on('close', status => resolve({ status, text }))
  })
}

/** Why `command` could not be started. */
function explain(command, error) {
  const rust = command === 'cargo' || command === 'rustc'
  if (error.code === 'ENOENT' && rust) {
    return `${command} was not found: install Rust (https://rustup.rs) to build the addon`
  }
  return `cannot run ${command}: ${error.message}`
}
