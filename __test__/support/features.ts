/** Features in the form of `embed`. */

import { writeFileSync } from 'node:fs'

/** Writes `rows`, one for each of `files`, as `NAME.npy` and `NAME.jsonl`; returns the path of the array. */
export function writeFeatures(name: string, files: readonly string[], rows: readonly (readonly number[])[]): string {
  const width = rows[0]?.length ?? 0
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${width}), }`
  const header = Buffer.alloc(128, ' ')
  header.write('\x93NUMPY\x01\x00', 0, 'latin1')
  header.writeUInt16LE(118, 8)
  header.write(shape, 10, 'latin1')
  header.write('\n', 127, 'latin1')
  writeFileSync(`${name}.npy`, Buffer.concat([header, Buffer.from(new Float32Array(rows.flat()).buffer)]))
  const lines = files.map((file, row) => JSON.stringify({ type: 'embedding', file, width, row }))
  writeFileSync(`${name}.jsonl`, `${lines.join('\n')}\n`)
  return `${name}.npy`
}
