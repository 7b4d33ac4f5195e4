// Makes the package of the default model in npm/model from a run and the result of the gate: the model file with F16
// weights, the tags that passed and the card; README.md from the card; the hash in package.json.
//   node scripts/default-model/pack.mjs RUN GATE SET
// SET: the folder with ATTRIBUTION.md.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { installModel, modelFaults } from '../model-package.mjs'
import { modelFolder } from '../packages.mjs'
import { root } from '../paths.mjs'

const [run, gate, set] = process.argv.slice(2).map(path => resolve(path))
if (set === undefined) throw new Error('usage: pack.mjs RUN GATE SET')
const node = (...args) => execFileSync(process.execPath, args, { encoding: 'utf8', cwd: root })
const samplecnn = (...args) => node(join(root, 'dist/cli/main.js'), ...args)

const model = join(gate, 'model.safetensors')
const thresholds = ['--thresholds', join(gate, 'thresholds.json')]
const changes = [...thresholds, '--half', '--tag-list', join(gate, 'tags.txt'), '--card', join(gate, 'card.json')]
samplecnn('export', join(run, 'best.safetensors'), '--to', 'model', ...changes, '-o', model, '--force')
installModel(model)
const readme = join(modelFolder, 'README.md')
const usage = readFileSync(new URL('usage.md', import.meta.url), 'utf8')
writeFileSync(readme, samplecnn('inspect', model, '--card') + usage)
const attribution = join(modelFolder, 'ATTRIBUTION.md')
copyFileSync(join(set, 'ATTRIBUTION.md'), attribution)
node(join(root, 'node_modules/prettier/bin/prettier.cjs'), '--write', '--log-level', 'warn', readme, attribution)
const faults = modelFaults()
if (faults.length > 0) throw new Error(faults.join('; '))
console.log(`${join(modelFolder, 'model.safetensors')} is ready`)
