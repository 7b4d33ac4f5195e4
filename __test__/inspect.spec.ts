import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { inspect, Model } from '../index.js'
import { emptyFolder } from './support/folder.js'

test('a preset has the parameters of the paper, and no tags', t => {
  const { type, name, samplingRate, inputLength, parameters, layers, tags } = inspect('3^9')
  t.is(type, 'architecture')
  t.is(name, '3^9')
  t.is(samplingRate, 22_050)
  t.is(inputLength, 59_049)
  t.is(
    layers.reduce((sum, layer) => sum + layer.parameters, 0),
    parameters,
  )
  t.is(layers[0]?.receptiveField, 3)
  t.is(tags, null)
})

test('an architecture object and the preset that names it are one network', async t => {
  const model = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  t.is(inspect(model.architecture).inputLength, inspect('3^4@8000').inputLength)
})

test('a model file shows its tags and its absolute path', async t => {
  const file = join(emptyFolder(t), 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['loud', 'quiet'] })).save(file)
  const inspection = inspect(file)
  t.deepEqual(inspection.tags, ['loud', 'quiet'])
  t.is(inspection.name, file)
})

test('a name that is no network, and a file that is no model, are coded errors', t => {
  t.throws(() => inspect('3^x'), { code: 'ERR_INVALID_OPTION', message: /3\^x/ })
  const file = join(emptyFolder(t), 'model.safetensors')
  t.throws(() => inspect(file), { code: 'ERR_FILE_NOT_FOUND' })
  writeFileSync(file, 'this is no model file at all')
  t.throws(() => inspect(file), { code: 'ERR_MODEL_FORMAT', message: /model\.safetensors/ })
})
