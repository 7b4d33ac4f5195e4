// Writes the manifest of the default model's training: the teacher's labels, with absolute paths, and the clips that
// are no music.
//   node scripts/default-model/manifest.mjs SET DIGITS OUT
// SET: the folder with labels.jsonl; DIGITS: the recordings of the Free Spoken Digit Dataset; OUT: a folder for the
// manifest and the computed clips.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { writeNegatives } from './negatives.mjs'

const [set, digits, out] = process.argv.slice(2).map(path => resolve(path))
if (out === undefined) throw new Error('usage: manifest.mjs SET DIGITS OUT')
const labelled = readFileSync(join(set, 'labels.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))
const tags = Object.fromEntries(Object.keys(labelled[0].tags).map(tag => [tag, 0]))
const music = labelled.map(({ path, tags, split, group }) => ({ path: resolve(set, path), tags, split, kind: group }))
const negatives = (await writeNegatives(join(out, 'negatives'), digits)).map(line => ({ ...line, tags }))
const lines = [...music, ...negatives]
writeFileSync(join(out, 'manifest.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
console.log(
  `${music.length} clips of the set and ${negatives.length} that are no music: ${join(out, 'manifest.jsonl')}`,
)
