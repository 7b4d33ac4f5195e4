/** The command line in a process of its own. */

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

import { root } from '../../scripts/paths.mjs'
import { type Ended, execute } from './child.js'

const main = join(root, 'dist', 'cli', 'main.js')

/** A record of `--json`. */
export type JsonRecord = Readonly<Record<string, unknown>> & { readonly type: string }

/** Runs `samplecnn` with `words` in `cwd`, a folder. */
export async function samplecnn(words: readonly string[], cwd: string = root): Promise<Ended> {
  return await execute(process.execPath, [main, ...words], { cwd, seconds: 120 })
}

/** Starts `samplecnn`, for who wants to write to it, read from it or stop it in the meantime. */
export function startSamplecnn(words: readonly string[]): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [main, ...words], { timeout: 120_000, killSignal: 'SIGKILL' })
}

/** Every line of `stdout` as the record it is. */
export function recordsOf(stdout: string): JsonRecord[] {
  const lines = stdout.split('\n').filter(line => line !== '')
  return lines.map(line => JSON.parse(line) as JsonRecord)
}
