import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { defaultModelFile, describeDefaultModel } from '../../src/model-sources/default.js'
import { emptyFolder } from '../support/folder.js'
import { sha256 } from '../support/hub.js'
import { writeModelPackage } from '../support/model-package.js'

const content = Buffer.from('the default model')

test('the default model is that of the package samplecnn-model', t => {
  const place = emptyFolder(t)
  const file = join(writeModelPackage(place, content), 'model.safetensors')
  t.is(defaultModelFile([place]), file)
  t.deepEqual(describeDefaultModel([place]), {
    package: 'samplecnn-model',
    version: '1.2.3',
    licence: 'CC-BY-4.0',
    file,
    sha256: sha256(content),
    stated: sha256(content),
    usable: true,
    problem: null,
  })
})

test('without the package the error names the command that installs it', t => {
  const place = emptyFolder(t)
  const message = /the default model is not installed: install it with: npm install samplecnn-model/
  t.throws(() => defaultModelFile([place]), { code: 'ERR_MODEL_NOT_FOUND', message })
  const { usable, problem, ...others } = describeDefaultModel([place])
  t.false(usable)
  t.regex(problem ?? '', message)
  t.deepEqual(others, {
    package: 'samplecnn-model',
    version: null,
    licence: null,
    file: null,
    sha256: null,
    stated: null,
  })
})

test('a damaged default model is described with the hash that it has', t => {
  const place = emptyFolder(t)
  const file = join(writeModelPackage(place, content), 'model.safetensors')
  writeFileSync(file, 'damaged')
  t.throws(() => defaultModelFile([place]), { code: 'ERR_MODEL_HASH' })
  const described = describeDefaultModel([place])
  t.like(described, { file, sha256: sha256(Buffer.from('damaged')), stated: sha256(content), usable: false })
  t.regex(described.problem ?? '', /SHA-256/)
  rmSync(file)
  t.like(describeDefaultModel([place]), { version: '1.2.3', file: null, sha256: null, usable: false })
})
