// Prints what the default model says about music, and about sounds that are no music: how many files get a tag, how
// many tags, and which ones most often.
//   node scripts/default-model/check.mjs MODEL MANIFEST [ESC10]
// MANIFEST: the one of manifest.mjs, of which the test part counts; ESC10: a folder with environmental sounds.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { tag } from 'samplecnn'

const [model, manifest, esc10] = process.argv.slice(2).map(path => resolve(path))
if (manifest === undefined) throw new Error('usage: check.mjs MODEL MANIFEST [ESC10]')
const lines = readFileSync(manifest, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))
const test = lines.filter(({ split }) => split === 'test')
const of = (...kinds) => test.filter(({ kind }) => kinds.includes(kind)).map(({ path }) => path)
const music = test
  .filter(({ kind }) => !['noise', 'speech', 'gm-mtat', 'overlay'].includes(kind))
  .map(({ path }) => path)
const groups = {
  'free music': music,
  'music with a synthetic voice': of('overlay'),
  'rendered music (gm-mtat)': of('gm-mtat'),
  noise: of('noise'),
  'speech (a speaker not in training)': of('speech'),
  ...(esc10 === undefined ? {} : { 'environmental sounds (ESC-10)': [esc10] }),
}
console.log('| sounds | files | with a tag | tags per file | most frequent |')
console.log('| --- | --- | --- | --- | --- |')
for (const [name, paths] of Object.entries(groups)) {
  const counts = new Map()
  let [files, named, tags] = [0, 0, 0]
  for await (const record of tag(paths, { model })) {
    if (record.type !== 'result') continue
    files++
    tags += record.tags.length
    if (record.tags.length > 0) named++
    for (const { tag: word } of record.tags) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const frequent = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([word, count]) => `${word} ${count}`)
  const share = ((100 * named) / files).toFixed(0)
  console.log(`| ${name} | ${files} | ${share} % | ${(tags / files).toFixed(1)} | ${frequent.join(', ')} |`)
}
