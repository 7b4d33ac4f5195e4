/** Programs that run in their own process. */

import { spawn } from 'node:child_process'

import { root } from '../../scripts/paths.mjs'

/** The result of a process. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `command` with a time limit of `seconds`. */
export async function execute(
  command: string,
  args: readonly string[],
  { cwd = root, env = {}, seconds = 60 }: { cwd?: string; env?: NodeJS.ProcessEnv; seconds?: number } = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
}

/** Runs an ES module given as text in the root of the project, where `import 'samplecnn'` is this package. */
export async function script(text: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return await execute(process.execPath, ['--input-type=module', '--eval', text], { env })
}
