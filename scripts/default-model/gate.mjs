// Decides which tags the default model has: those that the set can teach and that the network has learned. Writes
// tags.txt, thresholds.json and card.json, and prints a table.
//   node scripts/default-model/gate.mjs MANIFEST RUN OUT
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { crossEntropy, interval, rankCorrelation, readScores, rocAuc, threshold } from './measures.mjs'

const [manifest, run, out] = process.argv.slice(2).map(path => resolve(path))
if (out === undefined) throw new Error('usage: gate.mjs MANIFEST RUN OUT')
const local = name => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const { gate } = local('recipe.json')
const lines = readFileSync(manifest, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))
const all = new Map(lines.map(clip => [clip.path, clip]))
const isMusic = ({ path }) => !['noise', 'speech'].includes(all.get(path).kind)
const rounded = value => (value === null ? null : Number(value.toFixed(3)))

/** Scores and weights of the clips of a part that are `wanted`, by tag. */
function part(name, wanted) {
  const table = readScores(join(run, `predictions-${name}.csv`))
  const clips = table.clips.filter(wanted)
  return {
    tags: table.tags,
    scores: table.tags.map((_, n) => clips.map(clip => clip.scores[n])),
    weights: table.tags.map(tag => clips.map(clip => all.get(clip.path).tags[tag])),
    count: clips.length,
  }
}

const [valid, test] = [part('valid', isMusic), part('test', isMusic)]
const positive = test.weights.map(weights => weights.map(weight => weight >= gate.weight))
const everyClip = [...test.scores[0].keys()]

/** ROC-AUC of the tag with the number `n` over the clips of the test part with these numbers. */
function areaOf(n, clips) {
  return rocAuc(
    clips.map(clip => test.scores[n][clip]),
    clips.map(clip => positive[n][clip]),
  )
}

/** Why a tag does not pass; null if it does. */
function reasonOf(clips, correlation) {
  if (clips < gate.clips) {
    const found = clips === 1 ? '1 clip' : `${clips} clips`
    const needed = `of the set with a teacher's weight above ${gate.weight}; ${gate.clips} are needed`
    return `too few examples: ${found} ${needed}`
  }
  if (correlation >= gate.rankCorrelation) return null
  return `its scores follow the teacher's too loosely: rank correlation ${correlation.toFixed(2)} on the test part`
}

const rows = test.tags.map((tag, n) => {
  const clips = lines.filter(clip => clip.tags[tag] > gate.weight).length
  const correlation = rankCorrelation(test.scores[n], test.weights[n])
  const positives = positive[n].filter(Boolean).length
  const area = areaOf(n, everyClip)
  const areaInterval = area === null ? null : interval(test.count, drawn => areaOf(n, drawn))
  return { tag, n, clips, correlation, positives, area, areaInterval, reason: reasonOf(clips, correlation) }
})
const kept = rows.filter(row => row.reason === null)
const measured = kept.filter(row => row.area !== null)
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length
const macro = mean(measured.map(row => row.area))
const macroInterval = interval(test.count, drawn => {
  const known = measured.map(({ n }) => areaOf(n, drawn)).filter(area => area !== null)
  return known.length === 0 ? null : mean(known)
})

const cell = (value, width) =>
  (value === null ? '-' : typeof value === 'number' ? value.toFixed(3) : value).padStart(width)
console.log(`${'tag'.padEnd(14)} clips  rank r  test+  ROC-AUC  interval`)
for (const row of [...rows].sort((a, b) => Number(a.reason !== null) - Number(b.reason !== null))) {
  const span = row.areaInterval === null ? '' : `${row.areaInterval[0].toFixed(3)} to ${row.areaInterval[1].toFixed(3)}`
  const verdict = row.reason === null ? '' : `  withheld: ${row.reason}`
  const cells = [cell(row.correlation, 6), String(row.positives).padStart(5), cell(row.area, 7), `${span}${verdict}`]
  console.log(`${row.tag.padEnd(14)} ${String(row.clips).padStart(5)}  ${cells.join('  ')}`)
}
for (const [name, of] of Object.entries({ validation: valid, test })) {
  const cross = of.scores.map((scores, n) => crossEntropy(scores, of.weights[n]))
  const floor = of.weights.map(weights => crossEntropy(weights, weights))
  const correlations = of.scores.map((scores, n) => rankCorrelation(scores, of.weights[n]))
  const facts = [
    `${of.count} clips of music`,
    `cross-entropy with the teacher ${mean(cross).toFixed(4)} (the teacher itself ${mean(floor).toFixed(4)})`,
    `mean rank correlation ${mean(correlations).toFixed(3)}`,
  ]
  console.log(`${name}: ${facts.join(', ')}`)
}
console.log(
  `${kept.length} tags kept; macro ROC-AUC ${macro.toFixed(3)} [${macroInterval.map(v => v.toFixed(3)).join(', ')}]`,
)
if (kept.length < gate.leastTags) throw new Error(`fewer than ${gate.leastTags} tags pass the gate`)

const card = {
  ...local('card.json'),
  scores: [
    {
      measuredOn: `${test.count} clips of the test part, against the teacher's weights from ${gate.weight} on`,
      clips: test.count,
      rocAuc: rounded(macro),
      rocAucInterval: macroInterval.map(rounded),
      perTag: kept.map(({ tag, positives, area, areaInterval, correlation }) => ({
        tag,
        positives,
        ...(area === null ? {} : { rocAuc: rounded(area), rocAucInterval: areaInterval.map(rounded) }),
        rankCorrelation: rounded(correlation),
      })),
    },
  ],
  withheld: rows.filter(row => row.reason !== null).map(({ tag, reason }) => ({ tag, reason })),
}
// From all clips of the validation part, those that are no music too: on these, no tag may be named.
const chosen = part('valid', () => true)
const thresholds = kept.map(({ tag, n }) => [tag, rounded(threshold(chosen.scores[n], chosen.weights[n]))])
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'thresholds.json'), `${JSON.stringify(Object.fromEntries(thresholds), null, 2)}\n`)
writeFileSync(join(out, 'tags.txt'), kept.map(({ tag }) => `${tag}\n`).join(''))
writeFileSync(join(out, 'card.json'), `${JSON.stringify(card, null, 2)}\n`)
