#!/usr/bin/env node
// CPU speed beside PyTorch, ONNX Runtime, TensorFlow.js and candle, all in one run: `npm run bench`.
//
//   node bench/cpu/run.mjs [--only inference,layers,training,step,batches,networks,rates] [--most 15] [--seconds 0.25]
//     [--quick] [--write]
//
// --most: the highest number of repeats of a case; a case ends earlier if its fastest three repeats agree
// (contest.mjs). --quick: at most six repeats, and only the cases of the targets. --cases 'WORD;WORD': only cases whose
// names contain one of these words (ours is always included). --networks 'NAME;NAME': only these networks of that
// section; --works train: only their training steps. --write: writes the tables into docs/performance.md.
// --profile dev: measures the build that the tests use. --no-build: uses the existing programs of the engine.
// --python FILE: uses this Python instead of that of bench/.venv (see bench/setup).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { CANDLE, casesOf, pythonOf } from './cases.mjs'
import { askAll, askOnce, contest, search } from './contest.mjs'
import { load } from './machine.mjs'
import { profile } from './profile.mjs'
import { conditions, contestTable, networkHead, networkRows } from './outcome.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values: options } = parseArgs({
  options: {
    only: text('inference,layers,training,step,batches,networks,rates'),
    cases: { type: 'string' },
    most: { type: 'string' },
    seconds: text('0.25'),
    threads: text('2'),
    networks: text('rate:8000;2^13;5^6;4^7;se-multi;res2;rese2-multi;raw:6,81,81;mel:6,243,81'),
    works: text('train,infer'),
    profile: text('release'),
    python: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const threads = Number(options.threads)
const most = Number(options.most ?? (options.quick ? 6 : 15))
const seconds = Number(options.seconds)
const QUICK = ['ours', 'PyTorch', 'ONNX']
/** The cases of the section on networks: every form of PyTorch that computes in f32. */
const TORCH = ['eager, tuned', 'channels-last, tuned', 'compile, tuned']
/** Table 5 of the paper, on sampling rates: training time relative to that of 22,050 Hz. */
const PAPER = { 2000: 0.23, 4000: 0.41, 8000: 0.55, 12000: 0.69, 16000: 0.79, 20000: 0.86, 22050: 1 }

const folder = mkdtempSync(join(tmpdir(), 'samplecnn-bench-'))
const examples = resolve(
  root,
  process.env.CARGO_TARGET_DIR ?? 'target',
  options.profile === 'dev' ? 'debug' : 'release',
  'examples',
)
const log = message => process.stderr.write(`${message}\n`)

/** Builds the engine's programs; candle's only where it is wanted, as it takes minutes. */
function build() {
  const cargo = (...args) =>
    execFileSync('cargo', ['build', '--quiet', '--profile', options.profile, '-p', 'samplecnn-engine', ...args], {
      cwd: root,
      stdio: 'inherit',
    })
  cargo('--example', 'infer', '--example', 'step', '--example', 'peak')
  if (!options.quick && (options.cases?.split(';').some(word => CANDLE.includes(word)) ?? true)) {
    try {
      cargo('--features', 'candle', '--example', 'candle_ops')
    } catch {
      log('candle: cannot be built here')
    }
  }
}

/** A network's files: our model with drawn parameters, and its ONNX export. */
async function filesOf(architecture) {
  const { Model } = await import(join(root, 'dist/index.js'))
  const name = architecture.replaceAll(/[^a-z0-9]/g, '_')
  const [model, onnx] = [join(folder, `${name}.safetensors`), join(folder, `${name}.onnx`)]
  const network = await Model.create({ architecture, tags: Array.from({ length: 50 }, (_, i) => `tag ${i}`), seed: 1 })
  await network.save(model)
  await network.export(onnx, { to: 'onnx' })
  return { model, onnx }
}

/** Operations of one segment's forward pass, 2 per multiply-add of the direct convolution. */
const flopsOf = async architecture => (await import(join(root, 'dist/index.js'))).inspect(architecture).flops

function chosen(cases, words) {
  const given = options.cases?.split(';') ?? (options.quick ? (words ?? QUICK) : words)
  return given === undefined
    ? cases
    : cases.filter(({ name }) => name === 'ours' || given.some(word => name.includes(word)))
}

/** Runs a contest over a network. */
async function measure(work, architecture, { batch, words, together = true }) {
  const python = pythonOf(options.python)
  const cases = chosen(casesOf(work, { files: await filesOf(architecture), examples, python, batch, threads }), words)
  log(`${work} ${architecture}: ${cases.map(({ name }) => name).join('; ')}`)
  const found = await search(cases, { threads, seconds, log })
  const outcome = await contest(found.chosen, { threads, most, seconds, together, log })
  return { ...outcome, tried: found.tried }
}

const measuredOn = rows => conditions(rows, { threads, profile: options.profile, most })

const sections = {
  async inference(peak) {
    const gflop = (10 * (await flopsOf('3^9'))) / 1e9
    const result = await measure('infer', '3^9', { batch: 10 })
    return [
      'Inference, 3^9, 10 segments (a clip of 29.1 s)',
      measuredOn(result.rows),
      contestTable(result, { batch: 10, gflop, peak }),
    ]
  },
  async layers(peak) {
    const [first] = casesOf('infer', { files: await filesOf('3^9'), examples, python: '', batch: 10, threads })
    const steps = await askOnce(first, threads, 'layers')
    const total = steps.reduce((sum, step) => sum + step.seconds, 0)
    const rows = steps.map(({ name, seconds, flops }) => [
      name,
      (1e3 * seconds).toFixed(3),
      `${((100 * seconds) / total).toFixed(1)} %`,
      flops === 0 ? '' : (flops / seconds / 1e9).toFixed(0),
      flops === 0 ? '' : `${((100 * flops) / seconds / 1e9 / peak).toFixed(0)} %`,
    ])
    const note =
      `Medians of nine batches of 10 segments, load ${load().toFixed(1)}. ` +
      `The first layer is computed inside \`blocks.0.conv\`.`
    return ['Inference, 3^9, layer by layer', note, table(['step', 'ms', 'share', 'GFLOP/s', 'of peak'], rows)]
  },
  async step(peak) {
    const { inspect } = await import(join(root, 'dist/index.js'))
    const [first] = casesOf('train', { files: await filesOf('3^9'), examples, python: '', batch: 23, threads })
    const machine = { command: join(examples, 'peak'), args: ['--threads', String(threads)] }
    const gigabytes = await askOnce(machine, threads, 'copy 1')
    const steps = await askOnce(first, threads, 'layers')
    const note =
      `Medians of five steps of batch 23 on ${threads} threads, load ${load().toFixed(1)}; the parts are the time of ` +
      `all threads divided by their number. "GFLOP/s" counts the operations of direct convolution, forward and ` +
      `backward; "MB" is what moves if every value moves once; the limit is the longer of the time of the products, ` +
      `in the form that the engine uses, at the peak of the processor, and the time of the bytes at the speed of a ` +
      `copy (${gigabytes.toFixed(0)} GB/s). The first layer is computed inside \`blocks.0.conv\`.`
    return [
      'Training step, 3^9, layer by layer',
      note,
      profile(steps, inspect('3^9').layers, { batch: 23, threads, gflops: peak, gigabytes }),
    ]
  },
  async batches() {
    const rows = []
    for (const batch of [4, 8, 16, 23, 32, 64, 128]) {
      const [ours] = casesOf('train', { files: await filesOf('3^9'), examples, python: '', batch, threads })
      const outcome = await contest([ours], { threads, most, seconds, log })
      const [, first, , later] = await askAll(ours, threads, ['run 2', 'faults', 'run 2', 'faults'])
      rows.push({ batch, row: outcome.rows[0], faults: later.faults - first.faults, bytes: later.bytes })
    }
    const best = Math.min(...rows.map(({ batch, row }) => row.fastest / batch))
    const lines = rows.map(({ batch, row, faults, bytes }) => [
      batch,
      row.fastest.toFixed(4),
      ((1e3 * row.fastest) / batch).toFixed(2),
      (row.fastest / batch / best).toFixed(2),
      (bytes / 2 ** 20).toFixed(0),
      (bytes / 2 ** 20 / batch).toFixed(1),
      faults,
    ])
    const head = [
      'batch',
      'fastest s',
      'ms a segment',
      'time relative to the best',
      'MiB in memory',
      'MiB a segment',
      'page faults in 2 s, after 2 s',
    ]
    const measured = measuredOn(rows.map(({ row }) => row))
    return ['Training step by batch size, 3^9', measured, table(head, lines)]
  },
  async training(peak) {
    const gflop = (3 * 23 * (await flopsOf('3^9'))) / 1e9
    const result = await measure('train', '3^9', { batch: 23, together: false })
    return ['Training step, 3^9, batch 23', measuredOn(result.rows), contestTable(result, { batch: 23, gflop, peak })]
  },
  async networks() {
    const rows = []
    const all = []
    for (const architecture of options.networks.split(';')) {
      for (const [work, batch] of [
        ['train', 23],
        ['infer', 10],
      ].filter(([work]) => options.works.includes(work))) {
        const outcome = await measure(work, architecture, { batch, words: TORCH, together: false })
        all.push(...outcome.rows)
        rows.push(...networkRows(architecture, work === 'train' ? 'step of 23' : '10 segments', outcome))
      }
    }
    return ['Other networks', measuredOn(all), table(networkHead, rows)]
  },
  async rates() {
    const cases = []
    for (const rate of Object.keys(PAPER)) {
      const [ours] = casesOf('train', {
        files: await filesOf(`rate:${rate}`),
        examples,
        python: '',
        batch: 23,
        threads,
      })
      cases.push({ ...ours, name: rate })
    }
    const { rows } = await contest(cases, { threads, most, seconds, log })
    const top = rows.find(({ name }) => name === '22050')
    const flops = Object.fromEntries(
      await Promise.all(rows.map(async ({ name }) => [name, await flopsOf(`rate:${name}`)])),
    )
    const lines = rows.map(row => [
      row.name,
      row.median.toFixed(3),
      row.fastest.toFixed(3),
      (row.fastest / top.fastest).toFixed(2),
      (row.cpu / top.cpu).toFixed(2),
      (flops[row.name] / flops['22050']).toFixed(2),
      PAPER[row.name].toFixed(2),
    ])
    const head = [
      'Hz',
      'median s',
      'fastest s',
      'ratio',
      'ratio of CPU seconds',
      'ratio of operations',
      'paper, Table 5',
    ]
    return ['Training step by sampling rate, batch 23', measuredOn(rows), table(head, lines)]
  },
}

try {
  if (!options['no-build']) build()
  const peak = await askOnce(
    { command: join(examples, 'peak'), args: ['--threads', String(threads)] },
    threads,
    'run 0.5',
  )
  log(`peak: ${peak.toFixed(0)} GFLOP/s of f32 multiply-adds on ${threads} threads`)
  for (const name of options.only.split(',')) {
    if (sections[name] === undefined)
      throw new Error(`there is no section ${name}; ${Object.keys(sections).join(', ')}`)
    const [title, ...parts] = await sections[name](peak)
    const given = [
      options.most === undefined ? '' : ` --most ${most}`,
      options.cases === undefined ? '' : ` --cases '${options.cases}'`,
      name !== 'networks' || options.works === 'train,infer' ? '' : ` --works ${options.works}`,
    ]
    const command = `    node bench/cpu/run.mjs --only ${name}${given.join('')}`
    const section = [
      `## ${title}`,
      command,
      ...parts,
      `Measured peak of f32 multiply-adds in the same run: ${peak.toFixed(0)} GFLOP/s.`,
    ].join('\n\n')
    console.log(`${section}\n`)
    if (options.write) writeSection(join(root, 'docs/performance.md'), name, section)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
