/** WAV files generated for tests. */

import { writeFileSync } from 'node:fs'

/** A sine of `frequency` Hz at half amplitude. */
export function tone(seconds: number, frequency: number, samplingRate: number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * samplingRate) }, (_, index) =>
    quantised(0.5 * Math.sin((2 * Math.PI * frequency * index) / samplingRate)),
  )
}

/** Writes mono 16-bit PCM; values from `tone` are stored exactly. */
export function writeWave(path: string, samples: Float32Array, samplingRate: number): string {
  const bytes = Buffer.alloc(44 + 2 * samples.length)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + 2 * samples.length, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(samplingRate, 24)
  bytes.writeUInt32LE(2 * samplingRate, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(2 * samples.length, 40)
  samples.forEach((sample, index) => bytes.writeInt16LE(Math.round(sample * 32768), 44 + 2 * index))
  writeFileSync(path, bytes)
  return path
}

function quantised(sample: number): number {
  return Math.round(sample * 32768) / 32768
}
