import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { embed, type EmbedOptions, type EmbedRecord, Model, tag, type TagEvent } from '../index.js'
import { library } from './support/library.js'
import { tone } from './support/wave.js'

async function all(paths: string | readonly string[], options: EmbedOptions): Promise<EmbedRecord[]> {
  const records: EmbedRecord[] = []
  for await (const record of embed(paths, options)) records.push(record)
  return records
}

const values = (record: EmbedRecord | undefined): readonly number[] =>
  record?.type === 'embedding' ? record.values : []

test('every file has an embedding, in the given order, and there are events', async t => {
  const { folder, model, files } = await library(t)
  const events: TagEvent[] = []
  const records = await all([...files, join(folder, 'gone.wav')], { model, onEvent: event => events.push(event) })
  t.deepEqual(
    records.map(({ type }) => type),
    ['embedding', 'embedding', 'embedding', 'failed'],
  )
  t.like(events[0], { type: 'start', embedding: { levels: [-1], withinSegment: 'max', acrossSegments: 'mean' } })
  t.like(events.at(-1), { type: 'done', files: 4, ok: 3, failed: 1 })
  for (const record of records.slice(0, 3)) {
    if (record.type !== 'embedding') continue
    t.is(record.values.length, record.width)
    t.is(record.tags, undefined)
  }
})

test('levels are joined in the order in which they are asked for', async t => {
  const { model, files } = await library(t, 1)
  const [last, third, both] = await Promise.all(
    [[-1], [-3], [-3, -1]].map(async levels => values((await all(files, { model, levels }))[0])),
  )
  t.deepEqual(both, [...third!, ...last!])
  const mean = values((await all(files, { model, withinSegment: 'mean', levels: [-3] }))[0])
  t.is(mean.length, third!.length)
  t.true(mean.every((value, index) => value <= third![index]!))
  t.notDeepEqual(mean, third)
})

test('audio in memory and a Model have the same embedding as a file', async t => {
  const { model: file, files } = await library(t, 1)
  await using model = await Model.load(file)
  const options = { levels: [-2, -1] } as const
  const [record] = await all(files, { model, ...options })
  // A WAV file has 16-bit samples.
  const samples = tone(0.5, 200, 8000).map(sample => Math.round(sample * 32_767) / 32_768)
  const memory = await model.embed(Float32Array.from(samples), options)
  t.is(memory.width, memory.values.length)
  t.deepEqual(memory.levels, [-2, -1])
  const difference = Math.max(...memory.values.map((value, index) => Math.abs(value - values(record)[index]!)))
  t.true(difference < 1e-3, `${difference}`)
  t.deepEqual(values((await all(files, { model: file, ...options }))[0]), values(record))
})

test('tags come from the same pass', async t => {
  const { model, files } = await library(t, 2)
  const records = await all(files, { model, tags: true, top: 2 })
  let index = 0
  for await (const tagged of tag(files, { model, top: 2 })) {
    const record = records[index++]
    t.deepEqual(record?.type === 'embedding' && record.tags, tagged.type === 'result' && tagged.tags)
  }
})

test('every line of the list has a row in the array', async t => {
  const { folder, model, files } = await library(t)
  const out = join(folder, 'all.npy')
  const first = await all(files.slice(0, 2), { model, out })
  const second = await all(files, { model, out })
  t.deepEqual(
    second.map(({ type }) => type),
    ['skipped', 'skipped', 'embedding'],
  )
  const bytes = readFileSync(out)
  const width = values(first[0]).length
  t.is(bytes.length, 128 + 3 * 4 * width)
  const rows = new Float32Array(new Uint8Array(bytes.subarray(128)).buffer)
  const expected = [...first, second[2]].flatMap(record => [...values(record)])
  t.deepEqual([...rows], [...Float32Array.from(expected)])
  const lines = readFileSync(join(folder, 'all.jsonl'), 'utf8').trim().split('\n').slice(1)
  t.deepEqual(
    lines.map(line => {
      const { file, row, values: none } = JSON.parse(line) as Record<string, unknown>
      return [file, row, none]
    }),
    files.map((file, row) => [file, row, undefined]),
  )
})

test('a level that the network lacks, and options that cannot work, are refused', async t => {
  const { model, files } = await library(t, 1)
  await t.throwsAsync(all(files, { model, levels: [-20] }), { code: 'ERR_INVALID_OPTION', message: /-20/ })
  t.throws(() => embed(files, { model, levels: [1] }), { message: /levels must be .* up to -1, received/ })
  t.throws(() => embed(files, { model, top: 3 } as never), { message: /top needs tags/ })
  t.throws(() => embed(files, { model, out: 'a.txt' }), { message: /\.npy/ })
  await using loaded = await Model.load(model)
  await t.throwsAsync(loaded.embed(new Float32Array(8000).fill(0.1), { levels: [-20] }), { message: /-20/ })
  await t.throwsAsync(loaded.embed([] as never), { message: /Model\.embed: samples must be a Float32Array/ })
})
