/** Signals, abandoned loops, and listeners that fail. */

import { getEventListeners } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import test from 'ava'

import { Model, prepare, resolveModel, tag, train, type TagEvent, type TrainEvent } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { library } from './support/library.js'

const reason = new Error('enough')

test('an aborted loop throws the reason at the next record, even if records are ready', async t => {
  const { model, files } = await library(t, 40)
  for (const after of [1, 7, 39, 40]) {
    const controller = new AbortController()
    let seen = 0
    const error = await t.throwsAsync(async () => {
      for await (const _ of tag(files, { model, signal: controller.signal })) {
        seen += 1
        if (seen < after) continue
        // The job may have produced all its records in the meantime.
        await sleep(after === 7 ? 300 : 0)
        controller.abort(reason)
      }
    })
    t.is(error, reason)
    t.is(seen, after)
  }
})

test('an abort while a record is awaited rejects with the reason', async t => {
  const { model, files } = await library(t, 40)
  const controller = new AbortController()
  const loop = tag(files, { model, signal: controller.signal })
  const first = loop.next()
  controller.abort(reason)
  t.is(await t.throwsAsync(first), reason)
  t.deepEqual(await loop.next(), { done: true, value: undefined })
})

test('abandoned loops leave no listeners and no threads', async t => {
  const { model, files, folder } = await library(t, 3)
  const { signal } = new AbortController()
  const threads = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0)
  await tag(files[0]!, { model }).next()
  await sleep(500)
  const before = threads()
  const loops = []
  for (let round = 0; round < 100; round++) {
    const loop = tag(round % 2 === 0 ? files[0]! : folder, { model, signal })
    t.is((await loop.next()).value?.type, 'result')
    loops.push(loop)
    t.is(getEventListeners(signal, 'abort').length, 0)
  }
  const deadline = Date.now() + 10_000
  while (threads() > before && Date.now() < deadline) await sleep(50)
  t.true(threads() <= before, `${before} threads before, ${threads()} after`)
})

test('an error that a listener throws or rejects with ends the job, which fails with it', async t => {
  const { model, files } = await library(t, 5)
  const throwing = (): never => {
    throw reason
  }
  const rejecting = async (): Promise<never> => {
    await sleep(1)
    throw reason
  }
  const loop = async (onEvent: (event: TagEvent) => unknown): Promise<void> => {
    for await (const _ of tag(files, { model, onEvent }));
  }
  const folder = emptyFolder(t)
  const options = { dataset: dataset(folder), architecture: '3^4@8000', cache: join(folder, 'cache') } as const
  for (const onEvent of [throwing, rejecting]) {
    await t.throwsAsync(loop(onEvent), { is: reason })
    await t.throwsAsync(prepare({ ...options, onEvent }), { is: reason })
  }
  const out = join(folder, 'run')
  const late = async (event: TrainEvent): Promise<void> => {
    if (event.type === 'epoch') throw reason
  }
  await t.throwsAsync(train({ ...options, out, epochs: 50, onEvent: late }), { is: reason })
  const resumed = await train({ ...options, out, epochs: 50, resume: true, signal: AbortSignal.timeout(60_000) })
  t.true(existsSync(resumed.best))
})

test('the result waits for the promises of listeners', async t => {
  const { model, files } = await library(t, 2)
  let finished = 0
  const onEvent = async (): Promise<void> => {
    await sleep(50)
    finished += 1
  }
  let events = 0
  for await (const _ of tag(files, { model, onEvent: () => (events++, onEvent()) }));
  t.true(events >= 2)
  t.is(finished, events)
})

test('an abort ends a job that waits for a path or for a promise of a listener that never comes', async t => {
  const { model, files } = await library(t, 1)
  const never = new Promise<void>(() => {})
  async function* hanging(): AsyncGenerator<string> {
    yield files[0]!
    await never
  }
  for (const [paths, onEvent] of [
    [hanging(), undefined],
    [files, () => never],
  ] as const) {
    const controller = new AbortController()
    const loop = tag(paths, { model, signal: controller.signal, ...(onEvent !== undefined && { onEvent }) })
    const rest = (async () => {
      for await (const _ of loop);
    })()
    await sleep(200)
    controller.abort(reason)
    t.is(await t.throwsAsync(rest), reason)
    t.is(getEventListeners(controller.signal, 'abort').length, 0)
  }
  const signal = AbortSignal.abort(reason)
  t.is(await t.throwsAsync(Model.load(model, { signal })), reason)
  t.is(await t.throwsAsync(resolveModel(model, { signal })), reason)
})
