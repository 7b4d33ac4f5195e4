// Makes the package of the default model in npm/model from a run and the result of the gate: the model file with F16
// weights, the tags that passed and the card; README.md from the card; the SHA-256 in package.json.
//   node scripts/default-model/pack.mjs RUN GATE SET [PACKAGE]
// SET: the folder with ATTRIBUTION.md; PACKAGE: default npm/model.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MOST_BYTES = 4e6

const root = fileURLToPath(new URL('../..', import.meta.url))
const [run, gate, set, folder = join(root, 'npm/model')] = process.argv.slice(2).map(path => resolve(path))
if (set === undefined) throw new Error('usage: pack.mjs RUN GATE SET [PACKAGE]')
const samplecnn = (...args) =>
  execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { encoding: 'utf8' })

const model = join(folder, 'model.safetensors')
const changes = ['--half', '--tag-list', join(gate, 'tags.txt'), '--card', join(gate, 'card.json')]
samplecnn('export', join(run, 'best.safetensors'), '--to', 'model', ...changes, '-o', model, '--force')
const { size } = statSync(model)
if (size > MOST_BYTES) throw new Error(`${model} has ${size} bytes; the package may have ${MOST_BYTES}`)
const sha256 = createHash('sha256').update(readFileSync(model)).digest('hex')
writeFileSync(join(folder, 'README.md'), samplecnn('inspect', model, '--card'))
copyFileSync(join(set, 'ATTRIBUTION.md'), join(folder, 'ATTRIBUTION.md'))
const description = join(folder, 'package.json')
const content = JSON.parse(readFileSync(description, 'utf8'))
content.version = JSON.parse(readFileSync(join(gate, 'card.json'), 'utf8')).version
content.samplecnn.sha256 = sha256
writeFileSync(description, `${JSON.stringify(content, null, 2)}\n`)
console.log(`${model}: ${size} bytes, sha256 ${sha256}`)
