// The tables of finished trainings as Markdown, and which trainings are missing.
import { table } from '../cpu/report.mjs'
import { cases, common, trainingsOf } from './cases.mjs'
import { comparisonsOf } from './comparisons.mjs'
import { readResult } from './results.mjs'

const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length
const spread = list => Math.max(...list) - Math.min(...list)
const titles = { rocAuc: 'ROC-AUC', prAuc: 'average precision', accuracy: 'accuracy' }
const programs = { samplecnn: 'samplecnn', pytorch: 'PyTorch' }
const written = (metric, value) => (metric === 'accuracy' ? `${(100 * value).toFixed(2)} %` : value.toFixed(4))
const signed = (metric, value) => `${value < 0 ? '-' : '+'}${written(metric, Math.abs(value))}`

/** The metrics of each seed whose trainings are all finished; those of several folds are counted over all clips. */
function seedsOf(out, name, program) {
  const trainings = trainingsOf(name).filter(training => training.program === program)
  return cases[name].seeds.flatMap(seed => {
    const results = trainings.filter(training => training.seed === seed).map(training => readResult(out, training))
    if (results.includes(undefined)) return []
    const clips = results.reduce((sum, result) => sum + result.clips, 0)
    if ('rocAuc' in results[0]) return [{ seed, clips, rocAuc: results[0].rocAuc, prAuc: results[0].prAuc }]
    return [{ seed, clips, accuracy: results.reduce((sum, result) => sum + result.right, 0) / clips }]
  })
}

/** A case as one row of the list of protocols. */
function protocolRow(name) {
  const { architecture, dataset, folds, optimiser, learningRate, epochs, randomCrops, segments, clipSeconds } =
    cases[name]
  const { augment = [], from, freeze, precision, seeds } = cases[name]
  const trained = randomCrops === null ? 'all segments' : `${randomCrops} random segment${randomCrops > 1 ? 's' : ''}`
  const more = [
    clipSeconds && `first ${clipSeconds} s of each clip`,
    augment.length > 0 && `augmented: ${augment.join(', ')}`,
    precision && `in ${precision}`,
    from && 'starts from the default model',
    freeze && 'trains the head alone',
  ].filter(Boolean)
  return [
    `\`${name}\``,
    folds ? `${dataset}, ${folds.length} folds` : dataset,
    architecture === 'default model' ? 'that of the default model' : `\`${architecture}\``,
    `${optimiser}, ${learningRate}`,
    epochs,
    `${trained} of each clip`,
    segments === 'all' ? 'all segments' : `${segments} segments of each clip`,
    seeds.join(', '),
    more.join('; ') || '-',
  ]
}

/** The rows of a case: one for each metric and program. */
function resultRows(out, name) {
  const found = cases[name].programs.map(program => ({ program, seeds: seedsOf(out, name, program) }))
  const metrics = Object.keys(titles).filter(metric => found.some(({ seeds }) => seeds[0]?.[metric] !== undefined))
  return metrics.flatMap(metric =>
    found
      .filter(({ seeds }) => seeds.length > 0)
      .map(({ program, seeds }) => {
        const values = seeds.map(seed => seed[metric])
        const row = [`\`${name}\``, seeds[0].clips, titles[metric], programs[program]]
        const each = seeds.map(({ seed, [metric]: value }) => `${seed}: ${written(metric, value)}`).join(', ')
        return [...row, each, written(metric, mean(values)), values.length > 1 ? written(metric, spread(values)) : '-']
      }),
  )
}

/** A comparison as a row. */
function comparisonRow({ sides: [first, second], metric, pairs, mean: difference, interval }) {
  const isOfPrograms = first.name === second.name
  return [
    `\`${first.name}\``,
    isOfPrograms ? 'samplecnn - PyTorch' : `this - \`${second.name}\``,
    titles[metric],
    pairs,
    signed(metric, difference),
    interval ? interval.map(end => signed(metric, end)).join(' to ') : '-',
    interval
      ? interval[0] <= 0 && interval[1] >= 0
        ? 'no difference shown'
        : 'a difference'
      : 'one pair: no statement',
  ]
}

/** The trainings that are not finished, as a list. */
function missingOf(out, names) {
  return names.flatMap(name =>
    cases[name].programs.flatMap(program => {
      const all = trainingsOf(name).filter(training => training.program === program)
      const missing = all.filter(training => readResult(out, training) === undefined)
      if (missing.length === 0) return []
      const list = cases[name].seeds.flatMap(seed => {
        const folds = missing.filter(training => training.seed === seed).map(({ fold }) => fold)
        if (folds.length === 0) return []
        return folds[0] === null ? [`seed ${seed}`] : [`seed ${seed} folds ${folds.join(' ')}`]
      })
      return [`- \`${name}\`, ${programs[program]}: ${missing.length} of ${all.length} (${list.join(', ')})`]
    }),
  )
}

/** The protocols of the cases `names`, their results in the folder `out`, and the missing trainings, as Markdown. */
export function tablesOf(out, names) {
  const shared = Object.entries(common).map(([option, value]) => `${option} ${value}`)
  const missing = missingOf(out, names)
  return [
    `Options of all trainings: ${shared.join(', ')}.`,
    table(
      ['case', 'dataset', 'network', 'optimiser, rate', 'epochs', 'an epoch has', 'the test scores', 'seeds', 'also'],
      names.map(protocolRow),
    ),
    'Results of the seeds whose trainings are all finished:',
    table(
      ['case', 'test clips', 'metric', 'program', 'each seed', 'mean', 'spread'],
      names.flatMap(name => resultRows(out, name)),
    ),
    'Differences, in pairs of trainings with the same seed number and the same test clips:',
    table(
      ['case', 'difference', 'metric', 'pairs', 'mean', '95 % interval', 'verdict'],
      comparisonsOf(out, names).map(comparisonRow),
    ),
    missing.length === 0 ? 'No training is missing.' : `Trainings that are not finished:\n\n${missing.join('\n')}`,
  ].join('\n\n')
}
