// Puts a model file into npm/model, the package of the default model, and states its hash; or checks the package.
//   node scripts/model-package.mjs FILE    copies FILE to npm/model/model.safetensors and writes its SHA-256
//   node scripts/model-package.mjs         checks the package in npm/model
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modelFolder } from './packages.mjs'

/** Largest size of the model file in bytes: everyone who installs samplecnn downloads it. */
const largest = 4_000_000

/** What the package must contain besides what npm adds. */
const required = ['README.md', 'LICENSE', 'ATTRIBUTION.md', 'index.js', 'index.d.ts']

/** Copies the model file `from` into the package in `folder`, and states its hash in the manifest. */
export function installModel(from, folder = modelFolder) {
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const target = join(folder, manifest.samplecnn.model)
  if (from !== target) {
    copyFileSync(from, `${target}.new`)
    renameSync(`${target}.new`, target)
  }
  manifest.samplecnn.sha256 = hashOf(target)
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** The faults of the package in `folder`, in words; none if it can be published. */
export function modelFaults(folder = modelFolder) {
  const { samplecnn, files, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const model = join(folder, samplecnn.model)
  const missing = required.filter(name => !existsSync(join(folder, name))).map(name => `${name} is missing`)
  if (!existsSync(model)) return [...missing, `${samplecnn.model} is missing: node scripts/model-package.mjs FILE`]
  const { size } = statSync(model)
  const hash = hashOf(model)
  return [
    ...missing,
    ...(size > largest ? [`${samplecnn.model} has ${size} bytes; at most ${largest} are allowed`] : []),
    ...(hash === samplecnn.sha256 ? [] : [`its SHA-256 is ${hash}, package.json states ${samplecnn.sha256}`]),
    ...[samplecnn.model, 'ATTRIBUTION.md'].filter(name => !files.includes(name)).map(name => `files lacks ${name}`),
    ...(license === 'CC-BY-SA-4.0' ? [] : [`the licence is ${license}`]),
  ]
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.slice(2)
  if (file !== undefined) installModel(file)
  const faults = modelFaults()
  for (const fault of faults) console.error(`npm/model: ${fault}`)
  if (faults.length > 0) process.exitCode = 1
  else console.log('npm/model can be packed')
}
