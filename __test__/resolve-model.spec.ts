import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'

import { embed, inspect, Model, type ModelEvent, resolveModel, tag, type TagEvent, train, visualize } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { sha256, type StubHub, stubHub } from './support/hub.js'
import { library } from './support/library.js'
import { writeModelPackage } from './support/model-package.js'

/** A library, and a hub that has its model; the environment of this process names the hub until the end of the test. */
async function hubLibrary(t: ExecutionContext): Promise<Awaited<ReturnType<typeof library>> & { hub: StubHub }> {
  const found = await library(t, 2)
  const hub = await stubHub(t, { 'model.safetensors': readFileSync(found.model) })
  const before = { ...process.env }
  Object.assign(process.env, hub.env)
  t.teardown(() => {
    for (const name of Object.keys(hub.env)) delete process.env[name]
    Object.assign(process.env, before)
  })
  return { ...found, hub }
}

/** The scores of `files` by `model`, and the events of the job. */
async function scores(files: readonly string[], model: string): Promise<{ scores: unknown[]; events: TagEvent[] }> {
  const events: TagEvent[] = []
  const found: unknown[] = []
  for await (const record of tag(files, { model, onEvent: event => events.push(event) })) {
    found.push(record.type === 'result' ? record.tags : record)
  }
  return { scores: found, events }
}

test.serial('a model of the hub is downloaded, with events, and tags like its file', async t => {
  const { files, model, hub } = await hubLibrary(t)
  const first = await scores(files, 'hf:user/repo')
  t.deepEqual(first.scores, (await scores(files, model)).scores)
  t.is(first.events[0]?.type, 'download')
  const start = first.events.find(event => event.type === 'start')
  t.is(start?.model, await resolveModel('hf:user/repo'), 'records name the file in the cache')
  t.true(start?.model?.startsWith(hub.settings.cache))
  const again = await scores(files, 'hf:user/repo')
  t.false(again.events.some(event => event.type === 'download'))
})

test.serial('every function that takes a model takes its name', async t => {
  const { folder, files, model, hub } = await hubLibrary(t)
  t.throws(() => inspect('hf:user/repo'), { code: 'ERR_MODEL_NOT_FOUND', message: /await resolveModel/ })
  const name = `hf:user/repo/model.safetensors@main#sha256=${sha256(readFileSync(model))}`
  const events: ModelEvent[] = []
  await using loaded = await Model.load(name, { onEvent: event => events.push(event) })
  t.is(loaded.tags.length, 6)
  t.is(events.at(-1)?.type, 'download')
  t.deepEqual(inspect('hf:user/repo').tags, loaded.tags)
  for await (const record of embed(files, { model: name })) t.is(record.type, 'embedding')
  const { file } = await visualize('filters', {
    model: name,
    compare: [name],
    layers: [1],
    length: 81,
    out: join(folder, 'figures'),
  })
  t.true(file.startsWith(folder))
  const run = await train({
    dataset: dataset(folder),
    cache: join(folder, 'cache'),
    out: join(folder, 'run'),
    from: name,
    architecture: '3^4@8000',
    segments: 2,
    epochs: 1,
  })
  t.true(run.best.endsWith('best.safetensors'))
  t.is(hub.asked.filter(({ server }) => server === 'store').length, 1, 'all used one download')
})

test.serial('an error of the hub ends the job before it starts', async t => {
  const { files, hub } = await hubLibrary(t)
  await t.throwsAsync(scores(files, 'hf:user/nothing'), { code: 'ERR_MODEL_NOT_FOUND' })
  await t.throwsAsync(Model.load('hf:user/repo@v2'), { code: 'ERR_MODEL_NOT_FOUND' })
  hub.refusal = [403]
  await t.throwsAsync(resolveModel('hf:user/repo'), { code: 'ERR_MODEL_ACCESS' })
})

test.serial('a signal and a failing callback stop the download of a job', async t => {
  const { files, hub } = await hubLibrary(t)
  hub.stallAfter = 100
  const stop = new AbortController()
  const reading = async (options: Parameters<typeof tag>[1]): Promise<void> => {
    for await (const record of tag(files, { model: 'hf:user/repo', ...options })) t.fail(record.type)
  }
  const stopped = reading({ signal: stop.signal, onEvent: () => setTimeout(() => stop.abort(new Error('enough')), 20) })
  await t.throwsAsync(stopped, { message: 'enough' })
  await t.throwsAsync(reading({ onEvent: async () => await Promise.reject(new Error('rejected')) }), {
    message: 'rejected',
  })
})

test.serial('a path stays a path, in each of its forms', async t => {
  const { folder, model } = await library(t, 1)
  for (const form of [model, relative(process.cwd(), model), pathToFileURL(model), Buffer.from(model)]) {
    t.is(await resolveModel(form), model)
  }
  t.is(await resolveModel(join(folder, 'none.safetensors')), join(folder, 'none.safetensors'), 'it is not opened')
})

test.serial('an installed model package is named like a model, for the working directory', async t => {
  const { folder, files, model } = await library(t, 1)
  const installed = join(writeModelPackage(folder, readFileSync(model), {}, '@me/jazz'), 'model.safetensors')
  const before = process.cwd()
  process.chdir(folder)
  try {
    t.is(await resolveModel('@me/jazz'), installed)
    t.is(inspect('@me/jazz').name, installed)
    const { events } = await scores(files, '@me/jazz')
    t.is(events.find(event => event.type === 'start')?.model, installed)
  } finally {
    process.chdir(before)
  }
  await t.throwsAsync(resolveModel('@me/jazz'), { code: 'ERR_MODEL_NOT_FOUND', message: /npm install @me\/jazz/ })
})

test('a name that is malformed is refused with the form that is expected', async t => {
  const form = /hf:USER\/REPO\[\/FILE\]\[@REVISION\]\[#sha256=HASH\].*received 'hf:user'/
  await t.throwsAsync(resolveModel('hf:user'), { code: 'ERR_INVALID_OPTION', message: form })
  t.throws(() => tag(emptyFolder(t), { model: 'hf:user' }), { code: 'ERR_INVALID_OPTION', message: form })
  await t.throwsAsync(Model.load('hf:user'), { code: 'ERR_INVALID_OPTION', message: form })
  await t.throwsAsync(resolveModel(5 as unknown as string), { code: 'ERR_INVALID_OPTION', message: /received 5/ })
})
