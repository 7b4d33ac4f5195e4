#!/usr/bin/env node
// Compares the CPU speed with PyTorch, ONNX Runtime, TensorFlow.js and candle, all in one run: `npm run bench`.
//
//   node bench/cpu/run.mjs [--only inference,layers,training,networks,rates] [--rounds 5] [--seconds 0.25] [--quick] [--write]
//
// --quick: two rounds and only the cases of the targets. --cases 'WORD;WORD': only cases whose names contain one of
// these words (ours is always included). --networks 'NAME;NAME': only these networks of that section. --write: writes
// the tables into docs/performance.md. --profile dev: measures the build that the tests use. --no-build: uses the
// existing programs of the engine. --python FILE: instead of bench/.venv (see bench/setup). contest.mjs explains how
// repeats are made and which of them count.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { CANDLE, casesOf, pythonOf } from './cases.mjs'
import { askOnce, contest } from './contest.mjs'
import { load, machine } from './machine.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values: options } = parseArgs({
  options: {
    only: text('inference,layers,training,networks,rates'),
    cases: { type: 'string' },
    rounds: { type: 'string' },
    seconds: text('0.25'),
    threads: text('2'),
    networks: text('rate:8000;2^13;se-multi;rese2-multi'),
    profile: text('release'),
    python: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const threads = Number(options.threads)
const rounds = Number(options.rounds ?? (options.quick ? 2 : 5))
const seconds = Number(options.seconds)
const QUICK = ['ours', 'tuned', 'ONNX', 'stock']
const PLAIN = ['eager, tuned', 'channels-last, tuned', 'compile, tuned']
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

/** Builds the example programs of the engine; that of candle only if it is needed, because it takes minutes. */
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

/** The files of a network: a model with random parameters, and its ONNX export. */
async function filesOf(architecture) {
  const { Model } = await import(join(root, 'dist/index.js'))
  const name = architecture.replaceAll(/[^a-z0-9]/g, '_')
  const [model, onnx] = [join(folder, `${name}.safetensors`), join(folder, `${name}.onnx`)]
  const network = await Model.create({ architecture, tags: Array.from({ length: 50 }, (_, i) => `tag ${i}`), seed: 1 })
  await network.save(model)
  await network.export(onnx, { to: 'onnx' })
  return { model, onnx }
}

/** Operations of the forward pass of one segment, 2 per multiply-add of the direct convolution. */
const flopsOf = async architecture => (await import(join(root, 'dist/index.js'))).inspect(architecture).flops

function chosen(cases, words) {
  const given = options.cases?.split(';') ?? (options.quick ? (words ?? QUICK) : words)
  return given === undefined
    ? cases
    : cases.filter(({ name }) => name === 'ours' || given.some(word => name.includes(word)))
}

/** Compares all cases on one network. */
async function measure(work, architecture, { batch, words, together = true }) {
  const python = pythonOf(options.python)
  const cases = chosen(casesOf(work, { files: await filesOf(architecture), examples, python, batch, threads }), words)
  log(`${work} ${architecture}: ${cases.map(({ name }) => name).join('; ')}`)
  return await contest(cases, { threads, rounds, seconds, together, log })
}

/** The conditions under which a section was measured. */
const conditions = rows => {
  const [clean, dirty] = ['clean', 'dirty'].map(kind => rows.reduce((sum, row) => sum + row[kind].length, 0))
  const state =
    clean > dirty ? 'an idle machine' : 'a machine with other load: only the ratios are meaningful, and only roughly'
  return (
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${threads} threads, ${options.profile} profile, ${rounds} rounds,\n` +
    `load ${load()}: ${state} (${clean} clean repeats, ${dirty} dirty ones).` +
    (clean > dirty
      ? ''
      : ' Segments/s, GFLOP/s and the share of the peak are computed from CPU seconds divided by threads.')
  )
}

/** One comparison as a table. `work` is the GFLOP of one repeat, `peak` the GFLOP/s that the machine can reach. */
function contestTable({ rows, missing }, { batch, gflop, peak }) {
  const ours = rows.find(({ name }) => name === 'ours') ?? rows[0]
  const time = row => (row.quiet ? row.median : row.cpu / threads)
  const lines = rows.map(row => [
    row.name,
    row.median.toFixed(4),
    `${row.min.toFixed(4)}-${row.max.toFixed(4)}`,
    row.cpu.toFixed(3),
    (batch / time(row)).toFixed(1),
    (gflop / time(row)).toFixed(0),
    `${((100 * gflop) / time(row) / peak).toFixed(0)} %`,
    `${(row.median / ours.median).toFixed(2)} (${(row.min / ours.min).toFixed(2)}; ${(row.cpu / ours.cpu).toFixed(2)})`,
    row.peak.toFixed(0),
    `${row.clean.length}/${row.dirty.length}`,
  ])
  const head = [
    'case',
    'median s',
    'min-max',
    'CPU s',
    'segments/s',
    'GFLOP/s',
    'of peak',
    'time relative to ours (fastest; CPU)',
    'peak MiB',
    'clean/dirty',
  ]
  const left = [...missing].map(([name, why]) => `- ${name}: missing (${why.slice(0, 160)})`)
  return [table(head, lines), ...left].join('\n\n').replaceAll('\n\n- ', '\n- ').replace('\n- ', '\n\n- ')
}

const sections = {
  async inference(peak) {
    const gflop = (10 * (await flopsOf('3^9'))) / 1e9
    const result = await measure('infer', '3^9', { batch: 10 })
    return [
      'Inference, 3^9, 10 segments (a clip of 29.1 s)',
      conditions(result.rows),
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
    const note = `Medians of nine batches of 10 segments, load ${load()}. The first layer is computed inside \`blocks.0.conv\`.`
    return ['Inference, 3^9, layer by layer', note, table(['step', 'ms', 'share', 'GFLOP/s', 'of peak'], rows)]
  },
  async training(peak) {
    const gflop = (3 * 23 * (await flopsOf('3^9'))) / 1e9
    const result = await measure('train', '3^9', { batch: 23, together: false })
    return ['Training step, 3^9, batch 23', conditions(result.rows), contestTable(result, { batch: 23, gflop, peak })]
  },
  async networks() {
    const rows = []
    const all = []
    for (const architecture of options.networks.split(';')) {
      for (const [work, batch] of [
        ['train', 23],
        ['infer', 10],
      ]) {
        const { rows: found, missing } = await measure(work, architecture, {
          batch,
          words: PLAIN.slice(0, options.quick ? 1 : 3),
          together: false,
        })
        all.push(...found)
        const ours = found.find(({ name }) => name === 'ours')
        for (const row of found.filter(({ name }) => name !== 'ours')) {
          const ratio = pick => (pick(row) / pick(ours)).toFixed(2)
          const [ratios, spread] = [
            [ratio(r => r.median), ratio(r => r.min), ratio(r => r.cpu)],
            `${row.clean.length}/${row.dirty.length}`,
          ]
          rows.push([
            architecture,
            work === 'train' ? 'step of 23' : '10 segments',
            row.name,
            ours.median.toFixed(3),
            row.median.toFixed(3),
            ...ratios,
            spread,
          ])
        }
        for (const [name, why] of missing)
          rows.push([architecture, work, name, '', '', `missing: ${why.slice(0, 80)}`, '', '', ''])
      }
    }
    const head = [
      'network',
      'work',
      'compared with',
      'ours s',
      'other s',
      'time relative to ours',
      'fastest',
      'CPU seconds',
      'clean/dirty',
    ]
    return ['Other networks', conditions(all), table(head, rows)]
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
    const { rows } = await contest(cases, { threads, rounds, seconds, log })
    const top = rows.find(({ name }) => name === '22050')
    const flops = Object.fromEntries(
      await Promise.all(rows.map(async ({ name }) => [name, await flopsOf(`rate:${name}`)])),
    )
    const lines = rows.map(row => [
      row.name,
      row.median.toFixed(3),
      `${row.min.toFixed(3)}-${row.max.toFixed(3)}`,
      (row.median / top.median).toFixed(2),
      (row.cpu / top.cpu).toFixed(2),
      (flops[row.name] / flops['22050']).toFixed(2),
      PAPER[row.name].toFixed(2),
    ])
    const head = ['Hz', 'step s', 'min-max', 'ratio', 'ratio of CPU seconds', 'ratio of operations', 'paper, Table 5']
    return ['Training step by sampling rate, batch 23', conditions(rows), table(head, lines)]
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
      throw new Error(`unknown section ${name}; expected one of ${Object.keys(sections).join(', ')}`)
    const [title, ...parts] = await sections[name](peak)
    const command = `    node bench/cpu/run.mjs --only ${name}${options.rounds === undefined ? '' : ` --rounds ${rounds}`}`
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
