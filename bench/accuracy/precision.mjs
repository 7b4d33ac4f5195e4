// Measures the loss of accuracy with fixed14 and int8: compares the scores of a trained model on a test part in every
// precision with f32, for docs/accuracy.md.
//
//   node bench/accuracy/precision.mjs --data ../shared/data [--only esc10|gm-mtat] [--model FILE]
//     [--threads 2] [--out FOLDER] [--json]
//
// First trains the model briefly, unless OUT/NAME/best.safetensors exists or --model names a model (with --only). The
// difference of two scores is in units of score, 0..1; ROC-AUC, PR-AUC and accuracy are those of f32, then the changes.
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { evaluate, train } from 'samplecnn'
import { writeManifest } from './manifests.mjs'
import { readNpy } from './npy.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    only: { type: 'string' },
    model: { type: 'string' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: 'runs/precision' },
    json: { type: 'boolean', default: false },
  },
})
mkdirSync(values.out, { recursive: true })

/** The dataset, and a training that is short but changes the initial scores of all tags. */
const sets = {
  esc10: {
    dataset: () => ({ kind: 'manifest', path: writeManifest('esc10', values.data, resolve(values.out)) }),
    training: { task: 'single-label', architecture: '3^8@8000', epochs: 8, patience: 2, initialisation: 'he' },
  },
  'gm-mtat': {
    dataset: () => ({ kind: 'mtat', root: resolve(values.data, 'gm-mtat') }),
    training: { architecture: '3^7@8000', epochs: 3, patience: 2, initialisation: 'he', segments: 12 },
  },
}

/** The model for a dataset: the given model, that of an earlier run, or a new one. */
async function modelOf(name, dataset, training) {
  if (values.model !== undefined) return values.model
  const run = join(values.out, name)
  const model = join(run, 'best.safetensors')
  if (!existsSync(model)) await train({ dataset, ...training, out: run, threads: Number(values.threads) })
  return model
}

/** The largest number of each row. */
function winners(scores, tags) {
  const rows = Array.from({ length: scores.length / tags }, (_, row) => scores.subarray(row * tags, (row + 1) * tags))
  return rows.map(row => row.indexOf(Math.max(...row)))
}

const change = (value, reference) => (value === null || reference === null ? null : value - reference)
const rows = []
for (const [name, { dataset: make, training }] of Object.entries(sets)) {
  if (values.only !== undefined && values.only !== name) continue
  const dataset = make()
  const model = await modelOf(name, dataset, training)
  const found = {}
  for (const precision of ['f32', 'fixed14', 'int8']) {
    const out = join(values.out, `${name}-${precision}`)
    const began = performance.now()
    const evaluation = await evaluate({
      model,
      dataset,
      precision,
      out,
      device: 'cpu',
      threads: Number(values.threads),
    })
    const seconds = (performance.now() - began) / 1000
    found[precision] = { evaluation, scores: readNpy(join(out, 'predictions.npy')), seconds }
  }
  const { evaluation: reference, scores: exact } = found.f32
  const tags = reference.perTag.length
  for (const precision of ['fixed14', 'int8']) {
    const { evaluation, scores, seconds } = found[precision]
    const differences = Array.from(scores, (score, at) => Math.abs(score - exact[at]))
    const best = winners(exact, tags)
    rows.push({
      set: name,
      architecture: training.architecture,
      clips: reference.clips,
      tags,
      precision,
      largest: differences.reduce((top, value) => Math.max(top, value), 0),
      mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
      rocAuc: reference.rocAuc,
      rocAucChange: change(evaluation.rocAuc, reference.rocAuc),
      prAuc: reference.prAuc,
      prAucChange: change(evaluation.prAuc, reference.prAuc),
      accuracy: reference.accuracy,
      accuracyChange: change(evaluation.accuracy, reference.accuracy),
      otherFirstTag: winners(scores, tags).filter((tag, clip) => tag !== best[clip]).length,
      seconds,
      secondsOfF32: found.f32.seconds,
    })
  }
}

if (values.json) console.log(JSON.stringify(rows))
else {
  const signed = value => (value === null ? '-' : `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(5)}`)
  const plain = value => (value === null ? '-' : value.toFixed(4))
  console.log(
    '| test clips | network | precision | largest difference | mean difference ' +
      '| ROC-AUC | change | PR-AUC | change | accuracy | change | clips with another first tag |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|---|---|')
  for (const row of rows)
    console.log(
      `| ${row.set}, ${row.clips} | \`${row.architecture}\` | ${row.precision} ` +
        `| ${row.largest.toExponential(1)} | ${row.mean.toExponential(1)} ` +
        `| ${plain(row.rocAuc)} | ${signed(row.rocAucChange)} | ${plain(row.prAuc)} | ${signed(row.prAucChange)} ` +
        `| ${plain(row.accuracy)} | ${signed(row.accuracyChange)} | ${row.otherFirstTag} |`,
    )
}
