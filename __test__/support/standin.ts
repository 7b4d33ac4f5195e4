/** An emulated GPU: scripts/cuda-standin replaces the driver of NVIDIA and cuBLAS in a separate process. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from '../../scripts/paths.mjs'
import { type Ended, execute } from './child.js'

/** The settings of the stand-in (crates/engine-cuda/standin/setting.h), without the prefix `STANDIN_`. */
export type Settings = Readonly<
  Partial<
    Record<
      'BROKEN' | 'CAPABILITY' | 'CORES' | 'DEVICES' | 'DRIVER' | 'FAIL' | 'MEMORY' | 'ORDER' | 'TF32',
      string | number
    >
  >
>

/** The report of the stand-in about a process. */
export interface Report {
  /** Number of calls of the functions of the driver and of cuBLAS, and of kernel launches, by name. */
  readonly calls: Readonly<Record<string, number>>
  /** Calls that a real driver would have refused, or should have refused. */
  readonly misuses: readonly string[]
  /** Resources that were not released, by kind. */
  readonly left: Readonly<Record<string, number>>
}

const nothing: Report = { calls: {}, misuses: [], left: {} }

/** The result of a process, with the report of the stand-in. */
export interface Attended extends Ended {
  readonly report: Report
}

/** Builds the stand-in if it is missing, and returns its folder. */
export function standIn(): string {
  return execFileSync(join(root, 'scripts', 'cuda-standin'), { encoding: 'utf8' }).trim()
}

/** Runs `samplecnn` on the stand-in in `folder`. */
export async function samplecnnOn(
  folder: string,
  words: readonly string[],
  settings: Settings = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Attended> {
  return await attended(folder, [join(root, 'dist', 'cli', 'main.js'), ...words], settings, env)
}

/** Runs an ES module given as text on the stand-in in `folder`. */
export async function scriptOn(folder: string, text: string, settings: Settings = {}): Promise<Attended> {
  return await attended(folder, ['--input-type=module', '--eval', text], settings, {})
}

async function attended(
  folder: string,
  words: readonly string[],
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<Attended> {
  const own = mkdtempSync(join(tmpdir(), 'samplecnn-standin-'))
  const report = join(own, 'report.json')
  const named = Object.entries(settings).map(([name, value]) => [`STANDIN_${name}`, String(value)])
  try {
    const ended = await execute(process.execPath, words, {
      env: { ...Object.fromEntries(named), SAMPLECNN_CUDA_PATH: folder, STANDIN_REPORT: report, ...env },
      seconds: 240,
    })
    // There is no report if the driver was never opened, or if the process did not end by itself.
    const told = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report) : nothing
    return { ...ended, report: told }
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
