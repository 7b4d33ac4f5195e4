import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { tag, type TagEvent, type TagOptions, type TagRecord } from '../index.js'
import { library } from './support/library.js'
import { tone, writeWave } from './support/wave.js'

async function all(
  paths: string | Iterable<string> | AsyncIterable<string>,
  options: TagOptions,
): Promise<TagRecord[]> {
  const records: TagRecord[] = []
  for await (const record of tag(paths, options)) records.push(record)
  return records
}

test('there is one record per file, in the given order, and there are events', async t => {
  const { model, files } = await library(t)
  const events: TagEvent[] = []
  const order = [files[2]!, files[0]!, files[1]!]
  const records = await all(order, { model, onEvent: event => events.push(event) })
  t.deepEqual(
    records.map(({ type, file }) => [type, file]),
    order.map(file => ['result', file]),
  )
  t.is(events[0]?.type, 'start')
  t.like(events.at(-1), { type: 'done', files: 3, ok: 3, failed: 0, skipped: 0 })
})

test('a path, any iterable and a folder are accepted', async t => {
  const { folder, model, files } = await library(t)
  t.is((await all(files[0]!, { model })).length, 1)
  t.is((await all(new Set(files), { model })).length, 3)
  async function* later(): AsyncGenerator<string> {
    yield* files
  }
  t.is((await all(later(), { model })).length, 3)
  t.deepEqual(
    (await all(folder, { model })).map(({ file }) => file),
    files,
  )
})

test('five tags are kept by default', async t => {
  const { model, files } = await library(t, 1)
  const kept = async (options: object): Promise<number> => {
    const [record] = await all(files, { model, ...options })
    return record?.type === 'result' ? record.tags.length : -1
  }
  t.is(await kept({}), 5)
  t.is(await kept({ top: 2 }), 2)
  t.is(await kept({ all: true }), 6)
  t.is(await kept({ threshold: 1 }), 0)
})

test('a bad file gives a record with a code, and the job continues', async t => {
  const { folder, model, files } = await library(t, 1)
  const missing = join(folder, 'missing.mp3')
  const text = join(folder, 'text.mp3')
  const silent = writeWave(join(folder, 'silent.wav'), new Float32Array(8000), 8000)
  const short = writeWave(join(folder, 'short.wav'), tone(0.05, 300, 8000), 8000)
  writeFileSync(text, 'words, not music')
  const records = await all([missing, text, silent, short, files[0]!], { model })
  t.deepEqual(
    records.map(record => (record.type === 'failed' ? record.error.code : record.type)),
    ['ERR_FILE_NOT_FOUND', 'ERR_UNSUPPORTED_FORMAT', 'ERR_SILENCE', 'ERR_TOO_SHORT', 'result'],
  )
})

test('an output file is continued', async t => {
  const { folder, model, files } = await library(t)
  const out = join(folder, 'tags.jsonl')
  await all(files.slice(0, 2), { model, out })
  const records = await all(files, { model, out })
  t.deepEqual(
    records.map(({ type }) => type),
    ['skipped', 'skipped', 'result'],
  )
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  t.is(lines.filter(line => (JSON.parse(line) as { type: string }).type === 'result').length, 3)
})

test('leaving the loop stops the work', async t => {
  const { model, files } = await library(t, 40)
  const events: TagEvent[] = []
  for await (const record of tag(files, { model, onEvent: event => events.push(event) })) {
    t.is(record.file, files[0]!)
    break
  }
  t.false(events.some(({ type }) => type === 'done'))
})

test('a signal that aborts ends the loop with its reason', async t => {
  const { model, files } = await library(t, 40)
  const reason = new Error('enough')
  const controller = new AbortController()
  let seen = 0
  const error = await t.throwsAsync(async () => {
    for await (const _ of tag(files, { model, signal: controller.signal })) {
      seen += 1
      controller.abort(reason)
    }
  })
  t.is(error, reason)
  t.true(seen < 40)
  await t.throwsAsync(all(files, { model, signal: AbortSignal.abort(reason) }), { is: reason })
})

test('an error in the callback ends the job', async t => {
  const { model, files } = await library(t)
  const error = new Error('from the callback')
  const onEvent = (): never => {
    throw error
  }
  await t.throwsAsync(all(files, { model, onEvent }), { is: error })
})

test('errors about the whole job are thrown', async t => {
  const { folder, model, files } = await library(t, 1)
  t.throws(() => tag(files, { model, top: 0 }), { code: 'ERR_INVALID_OPTION', message: /top must be .* received 0/ })
  t.throws(() => tag(files, { model, top: 3, all: true } as unknown as TagOptions), {
    code: 'ERR_INVALID_OPTION',
    message: /all and top/,
  })
  await t.throwsAsync(all([], { model }), { code: 'ERR_INVALID_OPTION', message: /nothing to tag/ })
  for (const paths of [undefined, null, 5, {}]) {
    t.throws(() => tag(paths as unknown as string, { model }), {
      code: 'ERR_INVALID_OPTION',
      message: `tag: paths must be a path or several, received ${String(paths).replace('[object Object]', '{}')}`,
    })
  }
  await t.throwsAsync(all(files, { model: join(folder, 'none') }), { code: 'ERR_FILE_NOT_FOUND', message: /none/ })
  await t.throwsAsync(all(files, { model: files[0]! }), { code: 'ERR_MODEL_FORMAT' })
  await t.throwsAsync(all(files, { model, out: join(folder, 'no', 'such', 'tags.jsonl') }), { code: 'ERR_OUTPUT' })
})

test('a timeline has the scores of every segment, whose mean is the score', async t => {
  const { folder, model, files } = await library(t, 1)
  const [record] = await all(files, { model, timeline: true, top: 2 })
  if (record?.type !== 'result' || record.timeline === undefined) return t.fail()
  const { starts, scores, segmentSeconds } = record.timeline
  t.is(scores.length, record.segments)
  t.is(starts[1] ?? segmentSeconds, segmentSeconds)
  record.tags.forEach(({ score }, index) => {
    const mean = scores.reduce((sum, segment) => sum + segment[index]!, 0) / scores.length
    t.true(Math.abs(mean - score) < 1e-6)
  })
  const out = join(folder, 'tags.csv')
  await t.throwsAsync(all(files, { model, timeline: true, out }), { message: /\.jsonl/ })
  await t.throwsAsync(all(files, { model, timeline: true, segments: 2 }), { message: /leave out segments/ })
})
