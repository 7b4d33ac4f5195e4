import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { folderOf, packagedModel, readPackage, verified } from '../../src/model-sources/package.js'
import { emptyFolder } from '../support/folder.js'
import { sha256 } from '../support/hub.js'
import { writeModelPackage } from '../support/model-package.js'

const content = Buffer.from('a model')

test('a package is found from a folder and from the folders below it', t => {
  const place = emptyFolder(t)
  const folder = writeModelPackage(place, content, {}, '@me/jazz')
  const below = join(place, 'a', 'b')
  mkdirSync(below, { recursive: true })
  t.is(folderOf('@me/jazz', [place]), folder)
  t.is(folderOf('@me/jazz', [below]), folder)
  t.is(folderOf('@me/rock', [below]), undefined)
  t.is(folderOf('@me/jazz', [emptyFolder(t), below]), folder, 'the first place that has it')
})

test('a package whose exports leave out its manifest is found too', t => {
  const place = emptyFolder(t)
  const folder = writeModelPackage(place, content, { exports: { '.': './index.js' } }, 'jazz')
  t.is(folderOf('jazz', [place]), folder)
})

test('the manifest names the model file, its hash and the licence', t => {
  const place = emptyFolder(t)
  const folder = writeModelPackage(place, content, {}, 'jazz')
  const found = readPackage(folder)
  t.deepEqual(found, {
    name: 'jazz',
    version: '1.2.3',
    licence: 'CC-BY-4.0',
    file: join(folder, 'model.safetensors'),
    sha256: sha256(content),
  })
  t.is(verified(found), found.file)
})

test('a file that was changed or is missing is refused', t => {
  const folder = writeModelPackage(emptyFolder(t), content, {}, 'jazz')
  const found = readPackage(folder)
  writeFileSync(found.file, 'another model')
  const error = t.throws(() => verified(found), { code: 'ERR_MODEL_HASH' })
  for (const part of [sha256(content), sha256(Buffer.from('another model')), found.file, 'npm install jazz']) {
    t.true(error.message.includes(part), part)
  }
  rmSync(found.file)
  t.throws(() => verified(found), { code: 'ERR_MODEL_NOT_FOUND', message: /npm install jazz/ })
})

test('a package that is no model package, and a wrong manifest, are refused', t => {
  const place = emptyFolder(t)
  const read = (samplecnn: unknown): unknown => readPackage(writeModelPackage(place, content, { samplecnn }, 'jazz'))
  t.throws(() => read(undefined), { code: 'ERR_MODEL_NOT_FOUND', message: /jazz is not a model package/ })
  const hash = sha256(content)
  for (const field of [
    'model.safetensors',
    {},
    { model: 'model.safetensors' },
    { model: 'model.safetensors', sha256: 'abc' },
    { model: '../other.safetensors', sha256: hash },
    { model: '/etc/passwd', sha256: hash },
    { model: '', sha256: hash },
  ]) {
    t.throws(() => read(field), { code: 'ERR_MODEL_FORMAT', message: /must be \{ "model": .*received/ })
  }
  writeFileSync(join(place, 'node_modules', 'jazz', 'package.json'), '{ no JSON')
  t.throws(() => readPackage(join(place, 'node_modules', 'jazz')), { code: 'ERR_MODEL_FORMAT' })
})

test('a name that is neither a file nor a package is refused, with both ways out', t => {
  t.throws(() => packagedModel('samplecnn-no-such-model'), {
    code: 'ERR_MODEL_NOT_FOUND',
    message: /no model file .*samplecnn-no-such-model, and no package .*npm install samplecnn-no-such-model/,
  })
})
