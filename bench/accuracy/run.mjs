// Trains the same networks with samplecnn and with PyTorch on real audio, three seeds each, and prints the table of
// docs/accuracy.md.
//
//   node bench/accuracy/run.mjs --data ../shared/data --python /path/to/venv/bin/python [--only fsdd|esc10]
//     [--seeds 1,2,3] [--threads 2] [--precision bf16] [--no-peer] [--out FOLDER]
//
// With --precision, samplecnn trains in that precision; with --no-peer, PyTorch does not train.
// PYTHON needs torch and numpy; ffmpeg must be on the PATH. Results already in OUT/results.jsonl are not computed
// again.
import { execFile } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { train } from 'samplecnn'
import { TUNED } from '../allocator.mjs'
import { experiments, writeManifest } from './manifests.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    python: { type: 'string', default: 'python3' },
    only: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    threads: { type: 'string', default: '2' },
    precision: { type: 'string', default: 'f32' },
    'no-peer': { type: 'boolean', default: false },
    out: { type: 'string', default: 'runs/accuracy' },
  },
})
mkdirSync(values.out, { recursive: true })
const results = join(values.out, 'results.jsonl')
const done = existsSync(results)
  ? readFileSync(results, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  : []

/** The name of a side in the results. */
function sideOf(side) {
  if (side === peer) return 'pytorch'
  return values.precision === 'f32' ? 'samplecnn' : `samplecnn ${values.precision}`
}

/** One training with samplecnn. */
async function ours(name, manifest, seed) {
  const { architecture, epochs, patience } = experiments[name]
  const began = Date.now()
  const run = await train({
    dataset: { kind: 'manifest', path: manifest },
    task: 'single-label',
    architecture,
    epochs,
    patience,
    initialisation: 'he',
    seed,
    precision: values.precision,
    out: join(values.out, `${name}-${values.precision}-${seed}`),
    force: true,
    threads: Number(values.threads),
  })
  return {
    side: sideOf(ours),
    seed,
    accuracy: run.test.accuracy,
    epochs: run.epochs,
    seconds: (Date.now() - began) / 1000,
  }
}

/** The same training in PyTorch. */
async function peer(name, manifest, seed) {
  const { architecture, epochs, patience } = experiments[name]
  const script = join(import.meta.dirname, 'peer.py')
  const { stdout } = await promisify(execFile)(
    values.python,
    [script, manifest, architecture.split('@')[0], ...[epochs, patience, seed].map(String), values.threads],
    { maxBuffer: 1 << 26, env: { ...process.env, ...TUNED } },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length
const percent = value => `${(100 * value).toFixed(2)} %`

for (const name of values.only ? [values.only] : Object.keys(experiments)) {
  const manifest = writeManifest(name, values.data, resolve(values.out))
  for (const seed of values.seeds.split(',').map(Number))
    for (const side of values['no-peer'] ? [ours] : [ours, peer]) {
      const label = sideOf(side)
      if (done.some(row => row.name === name && row.side === label && row.seed === seed)) continue
      const row = { name, ...(await side(name, manifest, seed)) }
      done.push(row)
      appendFileSync(results, JSON.stringify(row) + '\n')
      console.error(JSON.stringify(row))
    }
}

console.log('| dataset | network | program | test accuracy of each seed | mean | spread | epochs | seconds |')
console.log('|---|---|---|---|---|---|---|---|')
for (const name of Object.keys(experiments))
  for (const side of new Set(done.map(row => row.side))) {
    const rows = done.filter(row => row.name === name && row.side === side).sort((a, b) => a.seed - b.seed)
    if (rows.length === 0) continue
    const accuracies = rows.map(row => row.accuracy)
    const spread = Math.max(...accuracies) - Math.min(...accuracies)
    console.log(
      `| ${name} | \`${experiments[name].architecture}\` | ${side} | ${accuracies.map(percent).join(', ')} ` +
        `| ${percent(mean(accuracies))} | ${percent(spread)} | ${rows.map(row => row.epochs).join(', ')} ` +
        `| ${rows.map(row => row.seconds.toFixed(0)).join(', ')} |`,
    )
  }
