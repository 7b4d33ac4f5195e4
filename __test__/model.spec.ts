import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { Model, tag, type TagResult } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

const plan = { architecture: '3^4@8000', tags: ['loud', 'quiet', 'fast'], seed: 7 } as const

test('a saved model is read back unchanged', async t => {
  const folder = emptyFolder(t)
  const [a, b] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')]
  const model = await Model.create(plan)
  await model.save(a)
  const read = await Model.load(a)
  await read.save(b)
  t.true(readFileSync(a).equals(readFileSync(b)))
  t.deepEqual(read.tags, plan.tags)
  t.is(read.samplingRate, 8000)
  t.is(read.task, 'multi-label')
  t.deepEqual(read.architecture, model.architecture)
})

test('the same seed gives the same model, another seed a different one', async t => {
  const folder = emptyFolder(t)
  const files = await Promise.all(
    [7, 7, 8].map(async (seed, index) => {
      const file = join(folder, `${index}.safetensors`)
      await (await Model.create({ ...plan, seed })).save(file)
      return readFileSync(file)
    }),
  )
  t.true(files[0]!.equals(files[1]!))
  t.false(files[0]!.equals(files[2]!))
})

test('audio in memory has the same scores as a file, also at another rate', async t => {
  const folder = emptyFolder(t)
  const file = join(folder, 'model.safetensors')
  await using model = await Model.create(plan)
  await model.save(file)
  for (const samplingRate of [8000, 44_100]) {
    const samples = tone(1.3, 440, samplingRate)
    const wave = writeWave(join(folder, `${samplingRate}.wav`), samples, samplingRate)
    const scores = await model.tag(samples, { samplingRate })
    for await (const record of tag(wave, { model: file, all: true })) {
      const { duration, segments, short, tags } = record as TagResult
      t.deepEqual(scores, { duration, segments, short, tags })
    }
    t.deepEqual(
      scores.tags.map(score => score.tag),
      plan.tags,
    )
    t.true(scores.tags.every(({ score }) => score > 0 && score < 1))
  }
})

/** Adds a calibration to the metadata of the model file `from`, and writes it to `to`. */
function calibrate(from: string, to: string, calibration: object): void {
  const bytes = readFileSync(from)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as { __metadata__: { samplecnn: string } }
  const facts = { ...(JSON.parse(header.__metadata__.samplecnn) as object), calibration }
  header.__metadata__.samplecnn = JSON.stringify(facts)
  const text = JSON.stringify(header)
  // Tensors begin at a multiple of 8.
  const padded = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(padded.length))
  writeFileSync(to, Buffer.concat([size, padded, bytes.subarray(8 + length)]))
}

test('scores become probabilities where this is asked for, as for files', async t => {
  const folder = emptyFolder(t)
  const [plain, file] = [join(folder, 'plain.safetensors'), join(folder, 'calibrated.safetensors')]
  await using bare = await Model.create(plan)
  await bare.save(plain)
  const samples = tone(1.3, 440, 8000)
  await t.throwsAsync(bare.tag(samples, { calibrated: true }), {
    code: 'ERR_INVALID_OPTION',
    message: /no calibration/,
  })
  calibrate(plain, file, { kind: 'platt', tags: [{ scale: 2, offset: 1 }, null, { scale: 1, offset: -1 }] })
  await using model = await Model.load(file)
  const scores = await model.tag(samples)
  const { tags } = await model.tag(samples, { calibrated: true })
  const logit = (score: number): number => Math.log(score / (1 - score))
  const expected = [
    2 * logit(scores.tags[0]!.score) + 1,
    logit(scores.tags[1]!.score),
    logit(scores.tags[2]!.score) - 1,
  ]
  for (const [index, { tag: name, score }] of tags.entries()) {
    t.is(name, plan.tags[index]!)
    t.true(Math.abs(logit(score) - expected[index]!) < 1e-4)
  }
  t.deepEqual(await model.tag(samples), scores)
  const wave = writeWave(join(folder, 'a.wav'), samples, 8000)
  t.deepEqual((await model.tagFile(wave, { all: true, calibrated: true })).tags, tags)
  t.is((await model.tag(samples, { top: 1, calibrated: true })).tags.length, 1)
})

test('calls may overlap, and later changes of their samples have no effect', async t => {
  await using model = await Model.create(plan)
  const samples = tone(0.5, 300, 8000)
  const first = await model.tag(samples)
  const calls = Array.from({ length: 5 }, () => model.tag(samples))
  samples.fill(0)
  for (const scores of await Promise.all(calls)) t.deepEqual(scores, first)
})

test('silent or too short audio gives a coded error', async t => {
  await using model = await Model.create(plan)
  await t.throwsAsync(model.tag(new Float32Array(8000)), { code: 'ERR_SILENCE' })
  await t.throwsAsync(model.tag(tone(0.05, 300, 8000)), { code: 'ERR_TOO_SHORT' })
  await t.throwsAsync(model.tag(tone(1, 300, 8000).fill(Number.NaN, 5, 6)), {
    code: 'ERR_INVALID_OPTION',
    message: /position 5/,
  })
  await t.throwsAsync(model.tag(tone(1, 300, 8000), { samplingRate: 0 }), {
    code: 'ERR_INVALID_OPTION',
    message: /received 0/,
  })
  await t.throwsAsync(model.tag([1, 2, 3] as unknown as Float32Array), { code: 'ERR_INVALID_OPTION' })
})

test('invalid arguments give coded errors with the value received', async t => {
  await using model = await Model.create(plan)
  const samples = tone(0.5, 300, 8000)
  const anything = <Value>(value: unknown): Value => value as Value
  for (const [call, message] of [
    [() => model.tag(samples, anything(null)), 'Model.tag: the options must be an object, received null'],
    [
      () => model.tag(samples, anything({ sampleRate: 8000 })),
      'Model.tag: unknown option "sampleRate"; did you mean "samplingRate"?',
    ],
    [() => model.tag(anything(undefined)), 'Model.tag: samples must be a Float32Array, received undefined'],
    [() => model.save(anything(undefined)), 'Model.save: path must be a path, received undefined'],
    [() => model.save(''), "Model.save: path must be a path, received ''"],
    [() => model.export(anything(undefined)), 'Model.export: path must be a path, received undefined'],
    [() => model.export('x', anything({ to: 'tf' })), /^Model.export: to must be one of "onnx", "pytorch"/],
    [() => Model.load(anything(5)), 'Model.load: model must be a path, received 5'],
    [() => Model.import(anything(null)), 'Model.import: path must be a path, received null'],
    [() => Model.create(anything(undefined)), 'Model.create: the options must be an object, received undefined'],
  ] as const) {
    await t.throwsAsync<Error>(call, { code: 'ERR_INVALID_OPTION', message })
  }
})

test('a disposed model finishes earlier calls and refuses later ones', async t => {
  const model = await Model.create(plan)
  const asked = model.tag(tone(0.5, 300, 8000))
  model.dispose()
  model.dispose()
  t.is((await asked).tags.length, 3)
  t.true(model.disposed)
  await t.throwsAsync(model.tag(tone(0.5, 300, 8000)), { code: 'ERR_DISPOSED' })
  await t.throwsAsync(model.save('x'), { code: 'ERR_DISPOSED' })
})

test('the disposal resolves after all earlier calls', async t => {
  const model = await Model.create(plan)
  const order: string[] = []
  const asked = [1, 2].map(async () => {
    await model.tag(tone(0.5, 300, 8000))
    order.push('tag')
  })
  model.dispose()
  await model[Symbol.asyncDispose]()
  order.push('disposed')
  await Promise.all(asked)
  t.deepEqual(order, ['tag', 'tag', 'disposed'])
  await (await Model.create(plan))[Symbol.asyncDispose]()
})

test('invalid plans and files give coded errors that name the cause', async t => {
  const folder = emptyFolder(t)
  await t.throwsAsync(Model.create({ ...plan, architecture: '3^0' }), { code: 'ERR_INVALID_OPTION' })
  await t.throwsAsync(Model.create({ ...plan, tags: [] }), { code: 'ERR_INVALID_OPTION', message: /tags must be/ })
  await t.throwsAsync(Model.create({ ...plan, tags: ['a', 'a'] }), { code: 'ERR_INVALID_OPTION' })
  await t.throwsAsync(Model.load(join(folder, 'none.safetensors')), {
    code: 'ERR_FILE_NOT_FOUND',
    message: /none\.safetensors/,
  })
  const cut = join(folder, 'cut.safetensors')
  await (await Model.create(plan)).save(cut)
  writeFileSync(cut, readFileSync(cut).subarray(0, 2000))
  const error = await t.throwsAsync(Model.load(cut), { code: 'ERR_MODEL_FORMAT', message: /cut\.safetensors/ })
  t.is((error as { file?: string }).file, cut)
  await t.throwsAsync((await Model.create(plan)).save(join(folder, 'no', 'folder', 'm.safetensors')), {
    code: 'ERR_OUTPUT',
  })
})
