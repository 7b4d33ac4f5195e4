/** All calls that use one model in one process share one plan and its threads. */

import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { evaluate, Model, tag, type TagRecord, type TagStart } from '../index.js'
import { script } from './support/child.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { library } from './support/library.js'
import { tone, writeWave } from './support/wave.js'

/** The start of a script: a model of the size in the paper, and a clip of a few segments. */
async function prelude(t: ExecutionContext): Promise<string> {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  const wave = writeWave(join(folder, 'tone.wav'), tone(6, 300, 22_050), 22_050)
  await (await Model.create({ architecture: '3^9', tags: ['a', 'b'] })).save(model)
  return `
    import { Model, tag } from 'samplecnn'
    import { readFileSync, readdirSync } from 'node:fs'
    const [wave, file] = ${JSON.stringify([wave, model])}
    const threads = () => readdirSync('/proc/self/task').length
    const peak = () => Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    const tags = async model => {
      for await (const record of tag(wave, { model, all: true })) return JSON.stringify(record.tags)
    }
  `
}

for (const [name, model] of [
  ['one file', 'file'],
  ['one Model', 'await Model.load(file)'],
] as const) {
  test(`twenty calls at once on ${name} use the memory of one call and few threads`, async t => {
    if (process.platform !== 'linux') return t.pass()
    const text = `${await prelude(t)}
      const before = threads()
      const model = ${model}
      let most = 0
      const timer = setInterval(() => (most = Math.max(most, threads() - before)), 5)
      const all = await Promise.all(Array.from({ length: 20 }, () => tags(model)))
      clearInterval(timer)
      console.log(JSON.stringify({ different: new Set(all).size, most, peak: peak() }))`
    const { stdout, stderr } = await script(text)
    t.is(stderr, '')
    const { different, most, peak } = JSON.parse(stdout) as Record<string, number>
    t.is(different, 1)
    t.true(most! < 8 + 4 * (await import('node:os')).availableParallelism(), `${most} threads more`)
    t.true(peak! < 300, `${peak} MB`)
  })
}

test('a model in memory tags files like its file', async t => {
  const { model: file, files } = await library(t)
  await using model = await Model.load(file)
  const all = async (model: string | Model): Promise<[TagStart, TagRecord[]]> => {
    const [events, records] = [[] as TagStart[], [] as TagRecord[]]
    const onEvent = (event: { type: string }): void => void (event.type === 'start' && events.push(event as TagStart))
    for await (const record of tag(files, { model, onEvent })) records.push(record)
    return [events[0]!, records]
  }
  t.deepEqual(await all(model), await all(file))
  await using made = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  const [start, records] = await all(made)
  t.is(start.model, null)
  t.regex(start.modelHash, /^[0-9a-f]{64}$/)
  t.true(records.every(({ type }) => type === 'result'))
})

test('a model that is disposed in the middle of a job is used until the job ends', async t => {
  const { model: file, files } = await library(t)
  const model = await Model.load(file)
  const records: TagRecord[] = []
  for await (const record of tag(files, { model })) {
    records.push(record)
    model.dispose()
  }
  await model[Symbol.asyncDispose]()
  t.deepEqual(
    records.map(({ type }) => type),
    files.map(() => 'result'),
  )
  t.throws(() => tag(files, { model }), { code: 'ERR_DISPOSED' })
})

test('a model in memory is evaluated like its file', async t => {
  const folder = emptyFolder(t)
  const file = join(folder, 'model.safetensors')
  const data = dataset(folder)
  await using made = await Model.create({ architecture: '3^4@8000', tags: ['low', 'high'], seed: 3 })
  await made.save(file)
  await using model = await Model.load(file)
  const options = { dataset: data, cache: join(folder, 'cache') }
  const expected = await evaluate({ ...options, model: file })
  t.deepEqual(await evaluate({ ...options, model }), expected)
  t.deepEqual(await evaluate({ ...options, model: made }), { ...expected, model: null })
})
