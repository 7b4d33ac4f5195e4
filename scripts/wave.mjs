/**
 * The bytes of a mono 16-bit WAV file of `samples` (full scale is 1) at `samplingRate` Hz. The sample 1 is stored as
 * `fullScale`; with 32768 it does not fit, but multiples of 1/32768 below it are stored exactly.
 */
export function wave(samples, samplingRate, fullScale = 32767) {
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
  samples.forEach((sample, index) => bytes.writeInt16LE(Math.round(sample * fullScale), 44 + 2 * index))
  return bytes
}
