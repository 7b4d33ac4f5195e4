/** Audio in the forms that programs have: a path, a URL, an upload. */

import { getEventListeners } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'

import { type AudioInput, decode, Model, tag, type TagResult } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

const plan = { architecture: '3^4@8000', tags: ['loud', 'quiet', 'fast', 'slow', 'bass', 'bell'], seed: 7 } as const

function file(t: ExecutionContext, seconds = 1.3): string {
  return writeWave(join(emptyFolder(t), 'tone.wav'), tone(seconds, 440, 8000), 8000)
}

/** The same audio in every form. */
function shapes(path: string): readonly (readonly [string, () => AudioInput])[] {
  const bytes = readFileSync(path)
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return [
    ['a path', () => path],
    ['a URL', () => pathToFileURL(path)],
    ['a Buffer', () => bytes],
    ['a view that does not begin with its buffer', () => Buffer.concat([Buffer.alloc(3), bytes]).subarray(3)],
    ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
    ['shared memory', () => shared],
    ['a Blob', () => new Blob([new Uint8Array(bytes)])],
    ['a stream of a file', () => createReadStream(path, { highWaterMark: 1000 })],
    ['a web stream', () => Readable.toWeb(createReadStream(path)) as unknown as AudioInput],
    ['a generator', () => pieces(bytes)],
  ]
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
}

test('a file has the same result in every form, and the same as from tag', async t => {
  const path = file(t)
  await using model = await Model.create(plan)
  for await (const record of tag(path, { model, top: 3 })) {
    const { type: _type, file: _file, size: _size, modified: _modified, ...expected } = record as TagResult
    for (const [name, input] of shapes(path)) t.deepEqual(await model.tagFile(input(), { top: 3 }), expected, name)
  }
})

test('the tags of a result are selected as in tag, and can be selected for samples too', async t => {
  const path = file(t)
  await using model = await Model.create(plan)
  const all = (await model.tagFile(path, { all: true })).tags
  t.deepEqual(
    all.map(({ tag }) => tag),
    [...plan.tags],
  )
  const best = all.toSorted((a, b) => b.score - a.score)
  t.deepEqual((await model.tagFile(path)).tags, best.slice(0, 5))
  const samples = (await decode(path)).samples
  t.deepEqual((await model.tag(samples)).tags, all)
  t.deepEqual((await model.tag(samples, { top: 2 })).tags, best.slice(0, 2))
  const threshold = best[2]!.score
  t.deepEqual((await model.tag(samples, { threshold })).tags, best.slice(0, 3))
  await t.throwsAsync(model.tagFile(path, { all: true, top: 2 } as unknown as { top: number }), {
    code: 'ERR_INVALID_OPTION',
  })
})

test('decode returns the samples that tag uses, in every form', async t => {
  const path = file(t)
  for (const [name, input] of shapes(path)) {
    const { samples, samplingRate, duration } = await decode(input())
    t.is(samplingRate, 8000, name)
    t.is(samples.length, 10_400, name)
    t.is(duration, 1.3, name)
    t.true(Math.abs(samples[7]! - tone(1.3, 440, 8000)[7]!) < 1e-4, name)
  }
  const { samples, samplingRate } = await decode(path, { samplingRate: 16_000 })
  t.is(samplingRate, 16_000)
  t.true(Math.abs(samples.length - 20_800) < 50)
})

test('input that is not audio or too large gives a coded error', async t => {
  const path = file(t)
  await using model = await Model.create(plan)
  for (const call of [
    (input: AudioInput, options?: object) => model.tagFile(input, options),
    (input: AudioInput, options?: object) => decode(input, options),
  ]) {
    await t.throwsAsync(call('/none.mp3'), { code: 'ERR_FILE_NOT_FOUND', message: /none\.mp3/ })
    await t.throwsAsync(call(Buffer.from('words, not music')), { code: 'ERR_UNSUPPORTED_FORMAT' })
    await t.throwsAsync(call(new Uint8Array()), { code: 'ERR_NO_AUDIO' })
    await t.throwsAsync(call(createReadStream(path), { maxBytes: 5000 }), { code: 'ERR_TOO_LARGE', message: /5000/ })
    await t.throwsAsync(call(readFileSync(path), { maxBytes: 5000 }), { code: 'ERR_TOO_LARGE' })
    await t.throwsAsync(call(Readable.from(['text'])), { code: 'ERR_INVALID_OPTION', message: /stream of bytes/ })
    await t.throwsAsync(call(createReadStream('/none.mp3')), { code: 'ENOENT' })
    await t.throwsAsync(call('a\0b.mp3'), { code: 'ERR_INVALID_OPTION' })
    for (const input of [5, null, undefined, {}, new URL('https://example.org/a.mp3')]) {
      await t.throwsAsync(call(input as unknown as AudioInput), { code: 'ERR_INVALID_OPTION' }, String(input))
    }
  }
  const buffer = new ArrayBuffer(8)
  const view = new Uint8Array(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  await t.throwsAsync(model.tagFile(view), { code: 'ERR_INVALID_OPTION', message: /detached/ })
})

test('a stream that breaks the rules of streams gives a coded error, and an error of a stream is not replaced', async t => {
  const model = await Model.create(plan)
  const itself = { stream: (): unknown => itself }
  for (const odd of [
    { [Symbol.asyncIterator]: () => null },
    { [Symbol.asyncIterator]: () => ({}) },
    { [Symbol.asyncIterator]: () => ({ next: () => undefined }) },
    { stream: () => null },
    itself,
    { [Symbol.asyncIterator]: () => ({ next: () => ({ value: 'text' }), return: 5 }) },
  ]) {
    const error = await t.throwsAsync(model.tagFile(odd as never), { code: 'ERR_INVALID_OPTION' })
    t.regex(error.message, /Model\.tagFile: input must be .*, received /)
  }
  const first = new Error('first')
  const fails = (error: Error) => () => {
    throw error
  }
  const failing = { [Symbol.asyncIterator]: () => ({ next: fails(first), return: fails(new Error('second')) }) }
  t.is(await t.throwsAsync(model.tagFile(failing)), first)
})

test('a signal ends a call at once, even with a stream that hangs, and no listener remains', async t => {
  await using model = await Model.create(plan)
  const reason = new Error('enough')
  const hanging = new Readable({ read() {} })
  const controller = new AbortController()
  const call = model.tagFile(hanging, { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 20)
  t.is(await t.throwsAsync(call), reason)
  t.true(hanging.destroyed)
  const samples = tone(60, 300, 8000)
  const second = new AbortController()
  const asked = model.tag(samples, { signal: second.signal })
  second.abort(reason)
  t.is(await t.throwsAsync(asked), reason)
  await t.throwsAsync(decode(file(t), { signal: AbortSignal.abort(reason) }), { is: reason })
  t.is(getEventListeners(second.signal, 'abort').length + getEventListeners(controller.signal, 'abort').length, 0)
})

test('an intact long file in memory is decoded to its end', async t => {
  const path = file(t, 40)
  await using model = await Model.create(plan)
  const { duration, segments, status } = await model.tagFile(readFileSync(path))
  t.like({ duration, status }, { duration: 40, status: 'ok' })
  t.is(segments, Math.floor((40 * 8000) / model.architecture.inputLength))
})
