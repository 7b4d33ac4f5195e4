/** A GPU that is not there: scripts/cuda-standin, which takes the place of NVIDIA's driver and of cuBLAS in a process of its own. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from '../../scripts/paths.mjs'
import { type Ended, execute } from './child.js'

/** What the stand-in's settings (crates/engine-cuda/standin/setting.h) are called without their `STANDIN_`. */
export type Settings = Readonly<
  Partial<
    Record<
      'BROKEN' | 'CAPABILITY' | 'CORES' | 'DEVICES' | 'DRIVER' | 'FAIL' | 'MEMORY' | 'ORDER' | 'TF32',
      string | number
    >
  >
>

/** What the stand-in reports of a process. */
export interface Report {
  /** Calls of the driver's functions and of cuBLAS's, and launches of kernels, by their names. */
  readonly calls: Readonly<Record<string, number>>
  /** What a real driver would have refused, or should have. */
  readonly misuses: readonly string[]
  /** What was not given back, by its kind. */
  readonly left: Readonly<Record<string, number>>
}

const nothing: Report = { calls: {}, misuses: [], left: {} }

/** A process, and what the stand-in reports of it. */
export interface Attended extends Ended {
  readonly report: Report
}

/** Builds the stand-in where it is not there, and gives its folder. */
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
    // There is none where the driver was never opened, or the process did not end by itself.
    const told = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report) : nothing
    return { ...ended, report: told }
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
