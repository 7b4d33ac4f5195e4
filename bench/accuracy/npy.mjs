import { readFileSync } from 'node:fs'

/** The numbers of a float32 `.npy` file. */
export function readNpy(path) {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length))
}
