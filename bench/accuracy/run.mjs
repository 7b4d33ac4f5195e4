// Trains the same networks with samplecnn and with PyTorch on the same data, and prints the tables of docs/accuracy.md.
//
//   node bench/accuracy/run.mjs --data ../shared/data --python /path/to/venv/bin/python [--only CASE[,CASE]]
//     [--program samplecnn|pytorch] [--seeds 1,2] [--threads 1] [--out FOLDER] [--table] [--check]
//     [--write docs/accuracy.md]
//
// PYTHON needs torch and numpy; ffmpeg must be on the PATH. The cases are in cases.mjs. Each finished training is one
// JSON file in OUT/results and is not repeated; an interrupted training continues after its last epoch. --table trains
// nothing. --write writes the tables of all cases into a page. --check scores the test clips with the finished models
// of samplecnn in both programs, from the same samples, and prints how much the scores differ.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeSection } from '../cpu/report.mjs'
import { cases, trainingsOf } from './cases.mjs'
import { check } from './check.mjs'
import { ours } from './ours.mjs'
import { peer } from './peer.mjs'
import { readResult, titleOf, writeResult } from './results.mjs'
import { tablesOf } from './table.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    python: { type: 'string', default: 'python3' },
    only: { type: 'string' },
    program: { type: 'string' },
    seeds: { type: 'string' },
    threads: { type: 'string', default: '1' },
    out: { type: 'string', default: 'runs/accuracy' },
    table: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
})
const out = resolve(values.out)
const settings = { data: values.data, out, python: values.python, threads: Number(values.threads) }
const names = values.only?.split(',') ?? Object.keys(cases)
const unknown = names.find(name => !Object.hasOwn(cases, name))
if (unknown !== undefined) throw new Error(`no case ${unknown}: choose of ${Object.keys(cases).join(', ')}`)
mkdirSync(join(out, 'results'), { recursive: true })

const trainings = names
  .flatMap(trainingsOf)
  .filter(({ program }) => values.program === undefined || program === values.program)
  .filter(({ seed }) => values.seeds === undefined || values.seeds.split(',').map(Number).includes(seed))

/** Runs a training that is not finished yet, and keeps its result. */
async function finish(training) {
  if (readResult(out, training) !== undefined) return
  console.error(titleOf(training))
  const program = training.program === 'samplecnn' ? ours : peer
  const began = performance.now()
  const result = await program(cases[training.name], training, join(out, 'runs', titleOf(training)), settings)
  writeResult(out, training, { ...result, seconds: (performance.now() - began) / 1000 })
  console.error(JSON.stringify(result))
}

/** Compares the scores of a finished model of samplecnn with those that PyTorch computes. */
async function compare(training) {
  const protocol = cases[training.name]
  const isDone = training.program === 'samplecnn' && readResult(out, training) !== undefined
  if (!isDone || protocol.architecture === 'default model') return
  const title = titleOf(training)
  const model = join(out, 'runs', title, 'best.safetensors')
  const { clips, first, second, largest } = await check(training, protocol, model, join(out, 'check', title), settings)
  const metrics = ['rocAuc', 'prAuc', 'accuracy'].filter(metric => metric in second)
  const texts = metrics.map(metric => `${metric} ${first[metric].toFixed(6)} and ${second[metric].toFixed(6)}`)
  console.log(`${title}: ${clips} clips, largest difference ${largest.toExponential(1)}, ${texts.join(', ')}`)
}

if (values.check) for (const training of trainings) await compare(training)
else {
  if (!values.table) for (const training of trainings) await finish(training)
  console.log(tablesOf(out, names))
  if (values.write !== undefined) writeSection(values.write, 'accuracy', tablesOf(out, Object.keys(cases)))
}
