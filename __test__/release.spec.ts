import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { inspect, Model, tag, type TagEvent, type TagRecord, type TagResult } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { card, released, tags, withThresholds } from './support/released.js'
import { tone, writeWave } from './support/wave.js'

/** The only record of tagging `files` with `options`. */
async function result(files: string, options: Parameters<typeof tag>[1]): Promise<TagResult> {
  const records: TagRecord[] = []
  for await (const record of tag(files, options)) records.push(record)
  if (records.length !== 1 || records[0]?.type !== 'result') throw new Error(JSON.stringify(records))
  return records[0]
}

test('a model file of 16 bits is half as large and gives almost the same scores', async t => {
  const folder = emptyFolder(t)
  const [whole, half] = [await withThresholds(folder, [0.5, 0.5, 0.5]), join(folder, 'half.safetensors')]
  await using model = await Model.load(whole)
  t.deepEqual(await model.export(half, { to: 'model', half: true }), [half])
  await using rounded = await Model.load(half)
  const samples = tone(1, 440, 8000)
  const [before, after] = [await model.tag(samples), await rounded.tag(samples)]
  t.notDeepEqual(before.tags, after.tags)
  for (const [index, { tag: name, score }] of after.tags.entries()) {
    t.is(name, before.tags[index]?.tag)
    t.true(Math.abs(score - (before.tags[index]?.score ?? 0)) < 1e-3)
  }
  const header = 12_000
  t.true(statSync(half).size - header < 0.6 * (statSync(whole).size - header))
  t.is(inspect(whole).weights, 'F32')
  t.is(inspect(half).weights, 'F16')
  const copy = join(folder, 'copy.safetensors')
  await rounded.save(copy)
  t.is(inspect(copy).sha256, inspect(half).sha256, 'saving changes nothing')
})

test('a model of some tags gives them the scores that they had', async t => {
  const folder = emptyFolder(t)
  await using model = await Model.load(await withThresholds(folder, [0.1, null, 0.3]))
  const [file, list] = [join(folder, 'few.safetensors'), join(folder, 'tags.txt')]
  await model.export(file, { to: 'model', tags: ['fast', 'loud'] })
  await using few = await Model.load(file)
  t.deepEqual(few.tags, ['fast', 'loud'])
  const samples = tone(1, 440, 8000)
  const [loud, , fast] = (await model.tag(samples)).tags
  t.deepEqual((await few.tag(samples)).tags, [fast, loud])
  writeFileSync(list, 'fast\nloud\n')
  const same = join(folder, 'same.safetensors')
  await model.export(same, { to: 'model', tagList: list })
  t.is(inspect(same).sha256, inspect(file).sha256)
  for (const [options, code, message] of [
    [{ to: 'model', tags: ['lout'] }, 'ERR_INVALID_OPTION', /no tag "lout"; did you mean "loud"/],
    [{ to: 'model', tags: ['loud'], tagList: list }, 'ERR_INVALID_OPTION', /exclude each other/],
    [{ to: 'model', tagList: join(folder, 'none.txt') }, 'ERR_FILE_NOT_FOUND', /none\.txt/],
    [{ to: 'onnx', tags: ['loud'] }, 'ERR_INVALID_OPTION', /tags is an option of model files/],
    [{ half: true }, 'ERR_INVALID_OPTION', /half is an option of model files.*received "onnx"/],
    [{ to: 'model', card: list }, 'ERR_INVALID_OPTION', /card must be a path that ends in \.json/],
  ] as const) {
    await t.throwsAsync(model.export(same, options), { code, message })
  }
})

test('a card is part of the model and of its inspection', async t => {
  const file = await released(emptyFolder(t), [0, 0, 0])
  await using model = await Model.load(file)
  t.deepEqual(model.card, card)
  t.is(model.licence, card.licence)
  const { card: shown, licence, sha256, weights } = inspect(file)
  t.deepEqual(shown, card)
  t.is(licence, card.licence)
  t.is(weights, 'F16')
  t.regex(sha256 ?? '', /^[0-9a-f]{64}$/)
  t.like(inspect('3^4'), { card: null, licence: null, sha256: null, weights: null })
})

test('a card with a misspelt field, or one that does not fit, is refused with its file', async t => {
  const folder = emptyFolder(t)
  const [facts, out] = [join(folder, 'card.json'), join(folder, 'out.safetensors')]
  await using model = await Model.load(await withThresholds(folder, [0, 0, 0]))
  for (const [content, message] of [
    [{ sumary: 'x' }, /card\.json: .*unknown field `sumary`.*did you mean "summary"/],
    [{ scores: [{ measuredOn: 'x', perTag: [{ tag: 'loud', rocAuc: 7 }] }] }, /perTag\[0\]\.rocAuc.*received 7/],
    [{ output: { kind: 'threshold', top: 5 } }, /did you mean "thresholds"/],
    [{ withheld: [{ tag: 'loud', reason: 'x' }] }, /withheld\[0\]\.tag is "loud", which the model has/],
  ] as const) {
    writeFileSync(facts, JSON.stringify(content))
    await t.throwsAsync(model.export(out, { to: 'model', card: facts }), { code: 'ERR_INVALID_OPTION', message })
  }
})

test('an output rule names the tags above their thresholds, and options choose as with any model', async t => {
  const folder = emptyFolder(t)
  const wave = writeWave(join(folder, 'a.wav'), tone(1, 440, 8000), 8000)
  const model = await released(folder, [1, 0, null])
  const events: TagEvent[] = []
  const { tags: named, abstained } = await result(wave, { model, onEvent: event => void events.push(event) })
  t.deepEqual(
    named.map(({ tag: name }) => name),
    ['quiet'],
  )
  t.is(abstained, undefined)
  t.like(events[0], { type: 'start', top: 2, thresholds: true })
  t.is((await result(wave, { model, top: 3 })).tags.length, 3)
  t.is((await result(wave, { model, threshold: 0 })).tags.length, 3)
  t.deepEqual(
    (await result(wave, { model, all: true })).tags.map(({ tag: name }) => name),
    [...tags],
  )
  await using loaded = await Model.load(model)
  const samples = tone(1, 440, 8000)
  t.deepEqual((await loaded.tag(samples)).tags, named)
  t.deepEqual((await loaded.tagFile(wave)).tags, named)
  t.is((await loaded.tag(samples, { all: true })).tags.length, 3)
  t.is((await loaded.tag(samples, { top: 2 })).tags.length, 2)
})

test('a model abstains if no tag is above its threshold', async t => {
  const folder = emptyFolder(t)
  const wave = writeWave(join(folder, 'a.wav'), tone(1, 440, 8000), 8000)
  const model = await released(folder, [1, 1, null])
  t.like(await result(wave, { model }), { tags: [], abstained: true })
  const { tags: none, timeline } = await result(wave, { model, timeline: true })
  t.deepEqual(none, [])
  t.true(timeline?.scores.every(scores => scores.length === 0))
  await using loaded = await Model.load(model)
  t.like(await loaded.tag(tone(1, 440, 8000)), { tags: [], abstained: true })
  t.like(await loaded.tagFile(wave), { tags: [], abstained: true })
  const chosen = await result(wave, { model, threshold: 1 })
  t.deepEqual([chosen.tags, chosen.abstained], [[], undefined], 'the user has set the threshold')
})

test('a model with thresholds and without a card names its five best tags', async t => {
  const folder = emptyFolder(t)
  const wave = writeWave(join(folder, 'a.wav'), tone(1, 440, 8000), 8000)
  const model = await withThresholds(folder, [1, 1, 1])
  const { tags: named, abstained } = await result(wave, { model })
  t.is(named.length, 3)
  t.is(abstained, undefined)
})
