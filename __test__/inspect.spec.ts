import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import test from 'ava'

import { type Architecture, draw, inspect, Model } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { samplecnn } from './support/samplecnn.js'

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

/** The model file `file` with `change` made to its facts, as a later version would write it. */
function later(file: string, change: (facts: Record<string, unknown>) => void): string {
  const bytes = readFileSync(file)
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, end)) as { __metadata__: { samplecnn: string } }
  const facts = JSON.parse(header.__metadata__.samplecnn) as Record<string, unknown>
  change(facts)
  header.__metadata__.samplecnn = JSON.stringify(facts)
  const text = Buffer.from(JSON.stringify(header))
  // The header is padded with spaces to a multiple of 8 bytes.
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  const changed = `${file}.later.safetensors`
  writeFileSync(changed, Buffer.concat([length, padded, bytes.subarray(end)]))
  return changed
}

test('fields of a later version are ignored and named; a newer format and another network are refused', async t => {
  const file = join(emptyFolder(t), 'model.safetensors')
  await using model = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  await model.save(file)
  t.deepEqual(inspect(file).unknownFields, [])
  t.deepEqual(inspect('3^4').unknownFields, [])
  const more = later(file, facts => Object.assign(facts, { mood: 'calm', card: { name: 'small', colours: [1] } }))
  const found = inspect(more)
  t.deepEqual(found.unknownFields, ['mood', 'card.colours'])
  t.is(found.card?.name, 'small')
  await using loaded = await Model.load(more)
  t.deepEqual(loaded.tags, ['a'])
  const { stdout } = await samplecnn(['inspect', more])
  t.regex(stdout, /ignored: mood, card\.colours: fields of a later version of samplecnn/)
  const refused = (change: (facts: Record<string, unknown>) => void, message: RegExp): void => {
    t.throws(() => inspect(later(file, change)), { code: 'ERR_MODEL_VERSION', message })
  }
  refused(facts => Object.assign(facts, { format: 3 }), /newer samplecnn \(format 3, .* up to 2\): update samplecnn/)
  refused(
    facts => Object.assign(facts['architecture'] as object, { dilation: 2 }),
    /newer samplecnn \(unknown field `dilation`.*\): update samplecnn/,
  )
})
