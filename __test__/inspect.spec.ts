import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import test from 'ava'

import { type Architecture, draw, inspect, Model } from '../index.js'
import { emptyFolder } from './support/folder.js'

test('a preset has the parameters of the paper, and no tags', t => {
  const { type, name, samplingRate, inputLength, parameters, parametersWithoutNorm, layers, tags } = inspect('3^9')
  t.is(type, 'architecture')
  t.is(name, '3^9')
  t.is(samplingRate, 22_050)
  t.is(inputLength, 59_049)
  t.is(
    layers.reduce((sum, layer) => sum + layer.parameters, 0),
    parameters,
  )
  t.is(layers[0]?.receptiveField, 3)
  t.like(layers[1], { convLength: 19_683, length: 6561, parametersWithoutNorm: 49_280 }, "the paper's Table 1")
  t.is(parametersWithoutNorm, 2_454_066)
  t.is(tags, null)
})

test('an architecture object and the preset with its name are the same network', async t => {
  const model = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  t.is(inspect(model.architecture).inputLength, inspect('3^4@8000').inputLength)
})

test('the normalisation of the waveform is part of a network and of its model file', async t => {
  t.is(inspect('3^9').inputNormalisation, 'none')
  const file = join(emptyFolder(t), 'model.safetensors')
  await using model = await Model.create({ architecture: '3^4+signed-log@8000', tags: ['a'] })
  t.is(model.architecture.inputNormalisation, 'signed-log')
  await model.save(file)
  t.is(inspect(file).inputNormalisation, 'signed-log')
  const plain: Architecture = { ...model.architecture, inputNormalisation: 'none' }
  t.is(inspect(plain).inputNormalisation, 'none')
  t.true(draw('3^9+standardise').includes('waveform, standardised'))
  t.throws(() => inspect('mel:4,729,729+standardise'), {
    code: 'ERR_INVALID_OPTION',
    message: /a mel stem standardises/,
  })
})

test('the inspection of a model file contains its tags and its absolute path', async t => {
  const file = join(emptyFolder(t), 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['loud', 'quiet'] })).save(file)
  const inspection = inspect(file)
  t.deepEqual(inspection.tags, ['loud', 'quiet'])
  t.is(inspection.name, file)
})

test('a .json file is read as an architecture, and its errors name the file', async t => {
  const folder = emptyFolder(t)
  const file = join(folder, 'net.json')
  const { architecture } = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  writeFileSync(file, JSON.stringify(architecture))
  const inspection = inspect(relative(process.cwd(), file))
  t.is(inspection.name, file)
  t.is(inspection.inputLength, architecture.inputLength)

  const wrong = join(folder, 'wrong.json')
  for (const [text, message] of [
    ['{"samplingRate": 8000,\n oops}', /wrong\.json: it is not JSON: .*(position 24|line 2)/],
    ['{"samplingRate": 8000', /wrong\.json: it is not JSON: .*line 1 column 22/],
    ['[]', /wrong\.json: an architecture must be an object/],
    [JSON.stringify({ hat: {}, ...architecture }, null, 2), /wrong\.json: .*hat.*line 2/],
    [JSON.stringify({ ...architecture, samplingRate: 7 }), /wrong\.json: .*samplingRate/],
  ] as const) {
    writeFileSync(wrong, text)
    t.throws(() => inspect(wrong), { code: 'ERR_INVALID_OPTION', message })
    t.throws(() => draw(['3^9', wrong]), { code: 'ERR_INVALID_OPTION', message })
  }
  t.throws(() => inspect(join(folder, 'none.json')), { code: 'ERR_FILE_NOT_FOUND', message: /none\.json/ })
})

test('a single network is drawn like a list with one network', t => {
  t.is(draw('3^9'), draw(['3^9']))
})

test('a value that is not a network is refused with the value received', t => {
  for (const value of [null, 5, '', { deep: 1n }]) {
    t.throws(() => inspect(value as unknown as Architecture), { code: 'ERR_INVALID_OPTION', message: /received/ })
    t.throws(() => draw([value as unknown as Architecture]), { code: 'ERR_INVALID_OPTION', message: /received/ })
  }
  t.throws(() => draw([]), { code: 'ERR_INVALID_OPTION', message: /received \[\]/ })
  t.throws(() => draw(undefined as unknown as string), { code: 'ERR_INVALID_OPTION' })
})

test('an unknown name and a file that is not a model give coded errors', t => {
  t.throws(() => inspect('./none/model'), { code: 'ERR_FILE_NOT_FOUND' })
  t.throws(() => inspect(emptyFolder(t)), {
    code: 'ERR_MODEL_FORMAT',
    message: /is a folder: give the model file in it/,
  })
  t.throws(() => inspect('3^x'), { code: 'ERR_INVALID_OPTION', message: /3\^x/ })
  const file = join(emptyFolder(t), 'model.safetensors')
  t.throws(() => inspect(file), { code: 'ERR_FILE_NOT_FOUND' })
  writeFileSync(file, 'this is no model file at all')
  t.throws(() => inspect(file), { code: 'ERR_MODEL_FORMAT', message: /model\.safetensors/ })
})
