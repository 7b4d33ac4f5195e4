// The protocol of the benchmark for programs in JavaScript: `run SECONDS` runs batches for at least this time and
// prints the seconds of one batch.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

/** The model file, batch size and number of threads of the command line. */
export function given() {
  const { values, positionals } = parseArgs({
    options: { batch: { type: 'string', default: '10' }, threads: { type: 'string', default: '2' } },
    allowPositionals: true,
  })
  return { file: positionals[0], batch: Number(values.batch), threads: Number(values.threads) }
}

/** Noise of the same level as in the other programs. */
export const noise = count => Float32Array.from({ length: count }, (_, i) => (((i * 7919) % 1000) - 500) / 10_000)

/** Answers requests until standard input ends. */
export async function answer(work) {
  for await (const line of createInterface({ input: process.stdin })) {
    const least = Number(line.split(' ')[1]) * 1e3
    const began = performance.now()
    let count = 0
    while (count === 0 || performance.now() - began < least) {
      await work()
      count += 1
    }
    console.log((performance.now() - began) / 1e3 / count)
  }
}
