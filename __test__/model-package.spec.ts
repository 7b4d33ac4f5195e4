import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'

import { resolveModel, tag } from '../index.js'
import { installModel, modelFaults } from '../scripts/model-package.mjs'
import { modelFolder } from '../scripts/packages.mjs'
import { emptyFolder } from './support/folder.js'
import { sha256 } from './support/hub.js'
import { tone, writeWave } from './support/wave.js'

/** The exports of the package. */
interface ModelPackage {
  readonly path: string
  readonly sha256: string
  readonly version: string
}

const isThere = existsSync(join(modelFolder, 'model.safetensors'))

test('a model file that is put into the package gets its hash stated, and the package exports both', t => {
  const folder = join(emptyFolder(t), 'model')
  cpSync(modelFolder, folder, { recursive: true })
  const content = Buffer.from('a small stand-in')
  const file = join(emptyFolder(t), 'new.safetensors')
  writeFileSync(file, content)
  installModel(file, folder)
  t.deepEqual(modelFaults(folder), [])
  const { path, sha256: hash, version } = createRequire(import.meta.url)(folder) as ModelPackage
  t.is(path, join(folder, 'model.safetensors'))
  t.deepEqual(readFileSync(path), content)
  t.is(hash, sha256(content))
  t.regex(version, /^\d+\.\d+\.\d+$/)
})

test('a package that must not be published is refused with the reason', t => {
  const folder = join(emptyFolder(t), 'model')
  cpSync(modelFolder, folder, { recursive: true })
  rmSync(join(folder, 'model.safetensors'), { force: true })
  t.regex(modelFaults(folder).join(), /model\.safetensors is missing/)
  const file = join(folder, 'model.safetensors')
  writeFileSync(file, 'a model')
  t.regex(modelFaults(folder).join(), /its SHA-256 is .* package\.json states/)
  truncateSync(file, 4_000_001)
  t.regex(modelFaults(folder).join(), /has 4000001 bytes; at most 4000000/)
  rmSync(join(folder, 'ATTRIBUTION.md'))
  t.regex(modelFaults(folder).join(), /ATTRIBUTION\.md is missing/)
})

test('the package in the work tree can be published, and is the default', async t => {
  if (!isThere) return void t.pass('npm/model has no model file in this commit')
  t.deepEqual(modelFaults(), [])
  t.is(await resolveModel(), join(modelFolder, 'model.safetensors'))
  const wave = writeWave(join(emptyFolder(t), 'tone.wav'), tone(4, 440, 16_000), 16_000)
  for await (const record of tag(wave)) t.is(record.type, 'result')
})
