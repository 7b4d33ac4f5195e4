#!/usr/bin/env node
// Measures what a training adds to its steps: a whole epoch of `train` (reading the cache, cutting segments, the steps,
// validation and checkpoints) beside the same number of bare steps and of bare inference batches of the engine. The
// target is at most 3 % more.
//
//   node bench/cpu/epoch.mjs [--clips 60] [--architecture 3^9] [--threads 2] [--rounds 3] [--write] [--no-build]
//
// Needs Rust. Builds the addon and the programs of the engine with the release profile; `node scripts/build.mjs --dev`
// brings back the addon of the tests.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { wave } from '../../scripts/wave.mjs'
import { askOnce, median } from './contest.mjs'
import { load, machine } from './machine.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    clips: text('60'),
    architecture: text('3^9'),
    threads: text('2'),
    rounds: text('3'),
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const [clips, threads, rounds] = [Number(values.clips), Number(values.threads), Number(values.rounds)]
/** The batch of training steps and that of validation. */
const [BATCH, SCORED] = [23, 16]
/** The number of tags of the engine's programs; there are at least as many clips. */
const TAGS = 50
/** Seconds of a clip: ten segments of 3^9. */
const SECONDS = 29

if (!values['no-build']) {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' })
  const examples = ['--example', 'infer', '--example', 'step']
  execFileSync('cargo', ['build', '--quiet', '--release', '-p', 'samplecnn-engine', ...examples], {
    cwd: root,
    stdio: 'inherit',
  })
}
const { inspect, Model, prepare, train } = await import(join(root, 'dist/index.js'))
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-epoch-'))
try {
  const { samplingRate, inputLength } = inspect(values.architecture)
  mkdirSync(join(folder, 'audio'))
  const lines = ['path,tags,split']
  for (let clip = 0; clip < clips; clip++) {
    const samples = Float32Array.from({ length: SECONDS * samplingRate }, () => 0.2 * (Math.random() - 0.5))
    writeFileSync(join(folder, 'audio', `${clip}.wav`), wave(samples, samplingRate))
    lines.push(`audio/${clip}.wav,tag ${clip % TAGS},${clip % 4 === 3 ? 'valid' : 'train'}`)
  }
  const manifest = join(folder, 'list.csv')
  writeFileSync(manifest, `${lines.join('\n')}\n`)
  const common = {
    dataset: { kind: 'manifest', path: manifest },
    cache: join(folder, 'cache'),
    architecture: values.architecture,
    threads,
  }
  await prepare(common)

  const model = join(folder, 'model.safetensors')
  await (
    await Model.create({
      architecture: values.architecture,
      tags: Array.from({ length: TAGS }, (_, i) => `tag ${i}`),
      seed: 1,
    })
  ).save(model)
  const examples = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'release/examples')
  const bare = (name, batch, ...more) => ({
    command: join(examples, name),
    args: [model, '--batch', String(batch), '--threads', String(threads), ...more],
  })
  const perClip = Math.floor((SECONDS * samplingRate) / inputLength)
  const valid = Math.floor(clips / 4)
  const steps = Math.floor(((clips - valid) * perClip) / BATCH)
  const rows = []
  for (let round = 0; round < rounds; round++) {
    const step = await askOnce(bare('step', BATCH), threads, 'run 3')
    const batch = await askOnce(bare('infer', SCORED, '--serve'), threads, 'run 1')
    const epochs = []
    const onEvent = event => event.type === 'epoch' && epochs.push(event)
    const out = join(folder, `run-${round}`)
    await train({ ...common, out, batchSize: BATCH, schedule: 'constant', epochs: 3, onEvent })
    // The first epoch touches the memory of the plan for the first time.
    const { trainSeconds, seconds } = epochs.slice(1).toSorted((a, b) => a.seconds - b.seconds)[0]
    const alone = steps * step + (valid * perClip * batch) / SCORED
    rows.push({ step, batch, trainSeconds, seconds, alone })
  }
  const middle = key => median(rows.map(row => row[key]))
  const share = (whole, part) => `${(100 * (whole / part - 1)).toFixed(1)} %`
  const measured = [
    ['steps of the epoch', middle('trainSeconds').toFixed(3), (steps * middle('step')).toFixed(3)],
    ['whole epoch', middle('seconds').toFixed(3), middle('alone').toFixed(3)],
  ].map(([what, whole, part]) => [what, whole, part, share(Number(whole), Number(part))])
  const section = [
    `## A whole epoch, ${values.architecture}`,
    '    node bench/cpu/epoch.mjs',
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${threads} threads, ` +
      `load ${load().toFixed(1)}: medians of ${rounds} rounds of ${steps} steps of ${BATCH} segments ` +
      `and ${valid * perClip} validation segments, ` +
      `beside as many bare steps and inference batches of the engine.`,
    table(['what', 'seconds', 'bare seconds', 'more'], measured),
  ].join('\n\n')
  console.log(section)
  if (values.write) writeSection(join(root, 'docs/performance.md'), 'epoch', section)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
