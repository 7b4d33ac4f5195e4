/** WAV files generated for tests. */

import { writeFileSync } from 'node:fs'

import { wave } from '../../scripts/wave.mjs'

/** A sine of `frequency` Hz at half amplitude. */
export function tone(seconds: number, frequency: number, samplingRate: number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * samplingRate) }, (_, index) =>
    quantised(0.5 * Math.sin((2 * Math.PI * frequency * index) / samplingRate)),
  )
}

/** Writes mono 16-bit PCM; values from `tone` are stored exactly. */
export function writeWave(path: string, samples: Float32Array, samplingRate: number): string {
  writeFileSync(path, wave(samples, samplingRate, 32768))
  return path
}

function quantised(sample: number): number {
  return Math.round(sample * 32768) / 32768
}
