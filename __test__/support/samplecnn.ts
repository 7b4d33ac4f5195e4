/** The command line in its own process. */

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

import { root } from '../../scripts/paths.mjs'
import { type Ended, execute } from './child.js'

const main = join(root, 'dist', 'cli', 'main.js')

/** A record of `--json`. */
export type JsonRecord = Readonly<Record<string, unknown>> & { readonly type: string }

/** Runs `samplecnn` with `words` in the folder `cwd`; `env` is added to the environment. */
export async function samplecnn(
  words: readonly string[],
  cwd: string = root,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return await execute(process.execPath, [main, ...words], { cwd, env, seconds: 120 })
}

/** Runs `samplecnn` with `words`, with standard output (or the streams in `redirection`) redirected by a shell. */
export async function samplecnnTo(redirection: string, words: readonly string[]): Promise<Ended> {
  const line = `exec "$0" "$@" ${redirection}`
  return await execute('sh', ['-c', line, process.execPath, main, ...words], { seconds: 120 })
}

/**
 * Starts `samplecnn` for tests that write to it, read from it or stop it while it runs. `env` is added to the
 * environment.
 */
export function startSamplecnn(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  const options = { timeout: 120_000, killSignal: 'SIGKILL', env: { ...process.env, ...env } } as const
  return spawn(process.execPath, [main, ...words], options)
}

/** The lines of `stdout` as records. */
export function recordsOf(stdout: string): JsonRecord[] {
  const lines = stdout.split('\n').filter(line => line !== '')
  return lines.map(line => JSON.parse(line) as JsonRecord)
}
