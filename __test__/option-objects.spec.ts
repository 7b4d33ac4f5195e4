/** Option objects as programs pass them: unusual objects, other realms, and modified prototypes. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'

import test from 'ava'

import { inspect, Model, tag, type TagOptions, type TagRecord, train } from '../index.js'
import { script } from './support/child.js'
import { emptyFolder } from './support/folder.js'
import { library } from './support/library.js'
import { tone } from './support/wave.js'

const plan = { architecture: '3^4@8000', tags: ['a', 'b'] } as const

async function all(paths: Parameters<typeof tag>[0], options: TagOptions): Promise<TagRecord[]> {
  const records: TagRecord[] = []
  for await (const record of tag(paths, options)) records.push(record)
  return records
}

test('properties of a prototype are not options', async t => {
  const { model, files } = await library(t, 1)
  // One name at a time, and nothing is reported in between: Node's own code reads some of these names as well.
  const { stdout, stderr } = await script(`
    import { inspect, tag, train, Model } from 'samplecnn'
    inspect('3^4')
    const names = ['force', 'resume', 'all', 'top', 'threshold', 'out', 'filesFrom', 'signal', 'onEvent', 'model',
      'segments', 'part', 'needs', 'excludes', 'minimum', 'maximum', 'suffixes', 'only', 'required', 'choices',
      'lists', 'root', 'maxBytes']
    const found = {}
    for (const name of names) {
      Object.prototype[name] = true
      const said = []
      try {
        for await (const record of tag(${JSON.stringify(files)}, { model: ${JSON.stringify(model)} }))
          said.push(record.tags.length)
        const made = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
        said.push((await made.tagFile(${JSON.stringify(files[0])})).tags.length)
        await train({ out: 'x', dataset: { kind: 'folders' } }).catch(error => said.push(error.code))
      } catch (error) {
        said.push(error.message)
      }
      delete Object.prototype[name]
      found[said.join(' ')] = [...(found[said.join(' ')] ?? []), name]
    }
    console.log(Object.keys(found).length === 1 && '5 1 ERR_INVALID_OPTION' in found ? 'ok' : found)`)
  t.is(stderr, '')
  t.is(stdout, 'ok\n')
})

test('frozen objects, objects without a prototype and getters are accepted; each value is read once', async t => {
  const { model, files } = await library(t, 1)
  t.is((await all(files, Object.freeze({ model, top: 2 }))).length, 1)
  t.is((await all(files, Object.assign(Object.create(null) as object, { model, top: 2 }) as TagOptions)).length, 1)
  let reads = 0
  const counting = {
    get model() {
      reads += 1
      return model
    },
  }
  t.is((await all(files, counting)).length, 1)
  t.is(reads, 1)
  const failing = {
    model,
    get top(): number {
      throw new Error('from a getter')
    },
  }
  t.throws(() => tag(files, failing), { code: 'ERR_INVALID_OPTION', message: /could not be read: from a getter/ })
  await t.throwsAsync(
    train(
      new Proxy({} as never, {
        ownKeys: () => {
          throw new Error('from a proxy')
        },
      }),
    ),
    {
      code: 'ERR_INVALID_OPTION',
      message: /from a proxy/,
    },
  )
})

test('samples and signals of another realm are accepted', async t => {
  await using model = await Model.create(plan)
  const samples = tone(0.5, 300, 8000)
  const expected = await model.tag(samples)
  const foreign = vm.runInNewContext('new Float32Array(values)', { values: Array.from(samples) }) as Float32Array
  t.false(foreign instanceof Float32Array)
  t.deepEqual(await model.tag(foreign), expected)
  const shared = new Float32Array(new SharedArrayBuffer(4 * samples.length))
  shared.set(samples)
  t.deepEqual(await model.tag(shared), expected)
  t.deepEqual(await model.tag(Float32Array.from([0, ...samples]).subarray(1)), expected)
  const likeOurs = { aborted: false, reason: undefined, addEventListener() {}, removeEventListener() {} }
  t.deepEqual(await model.tag(samples, { signal: likeOurs as unknown as AbortSignal }), expected)
  const gone = new Float32Array(samples)
  structuredClone(gone.buffer, { transfer: [gone.buffer] })
  await t.throwsAsync(model.tag(gone), { code: 'ERR_INVALID_OPTION', message: /detached/ })
  await t.throwsAsync(model.tag(new Float64Array(8000) as unknown as Float32Array), { code: 'ERR_INVALID_OPTION' })
})

test('samples with another scale are refused, loud samples are not', async t => {
  await using model = await Model.create(plan)
  const samples = tone(0.5, 300, 8000)
  await t.throwsAsync(model.tag(samples.map(x => Math.round(x * 32767))), {
    code: 'ERR_INVALID_OPTION',
    message: /-1\.\.1.*32768/,
  })
  t.is((await model.tag(samples.map(x => 2 * x))).tags.length, 2)
})

test('paths are resolved when a verb is called, and may be URLs and bytes', async t => {
  const { folder, model, files } = await library(t, 2)
  const text = `
    import { Model, tag } from 'samplecnn'
    process.chdir(${JSON.stringify(folder)})
    const [file] = ${JSON.stringify(files.map(file => file.slice(folder.length + 1)))}
    const loop = tag([file], { model: ${JSON.stringify('../'.repeat(20) + model.slice(1))}, out: 'tags.jsonl' })
    const loading = Model.load(${JSON.stringify('../'.repeat(20) + model.slice(1))})
    process.chdir('/')
    for await (const record of loop) console.log(record.type)
    const { length } = (await loading).tags
    console.log(length, (await import('node:fs')).existsSync(${JSON.stringify(join(folder, 'tags.jsonl'))}))`
  const { stdout, stderr } = await script(text)
  t.is(stderr, '')
  t.is(stdout, 'result\n6 true\n')
  const url = pathToFileURL(files[0]!)
  const records = await all([url, Buffer.from(files[1]!)], { model: pathToFileURL(model) })
  t.deepEqual(
    records.map(({ type, file }) => [type, file]),
    files.map(file => ['result', file]),
  )
  t.is((await all(Buffer.from(files[0]!), { model: Buffer.from(model) })).length, 1)
  t.deepEqual(
    (await Model.load(url.href.replace('file://', '') === files[0] ? pathToFileURL(model) : model)).tags.length,
    6,
  )
})

test('a path that no file can have gives a failed record, and the job continues', async t => {
  const { model, files } = await library(t, 1)
  const urls = ['file:///a%2Fb.wav', 'file://host/a.wav', 'file:///no/%FF.wav'].map(url => new URL(url))
  const odd = ['a\ud800.wav', 'a\0b.wav', '', Buffer.from([0x2f, 0xff, 0xfe]), 'x'.repeat(5000), ...urls]
  const records = await all([odd[0]!, ...odd.slice(1), files[0]!], { model })
  t.deepEqual(
    records.map(record => (record.type === 'failed' ? record.error.code : record.type)),
    [...odd.map(() => 'ERR_FILE_NOT_FOUND'), 'result'],
  )
  t.is((await all('', { model }))[0]?.type, 'failed')
  await t.throwsAsync(all([5 as unknown as string], { model }), { code: 'ERR_INVALID_OPTION', message: /received 5/ })
  await t.throwsAsync(all([new URL('https://example.org/a.mp3')], { model }), { code: 'ERR_INVALID_OPTION' })
})

test('a list of paths is copied when tag is called', async t => {
  const { model, files } = await library(t, 2)
  const list = [files[0]!]
  const loop = tag(list, { model })
  list.push(files[1]!)
  const records: TagRecord[] = []
  for await (const record of loop) records.push(record)
  t.is(records.length, 1)
})

test('a deleted working directory is reported', async t => {
  const folder = emptyFolder(t)
  const { stdout } = await script(`
    import { rmdirSync } from 'node:fs'
    import { Model, tag } from 'samplecnn'
    process.chdir(${JSON.stringify(folder)})
    rmdirSync(${JSON.stringify(folder)})
    await Model.load('m.safetensors').catch(error => console.log(error.code))
    try { tag('a.wav', { model: 'm.safetensors' }) } catch (error) { console.log(error.code) }`)
  t.is(stdout, 'ERR_FILE_NOT_FOUND\nERR_FILE_NOT_FOUND\n')
})

/** A list that begins with a gap; without a last item it is as long as a list can be. */
function gap(...last: readonly unknown[]): readonly unknown[] {
  const list: unknown[] = []
  list.length = last.length === 0 ? 2 ** 32 - 1 : 1
  if (last.length > 0) list.push(...last)
  return list
}

test('gaps in lists, half characters and lists that are no lists are refused by name', async t => {
  const model = await Model.create(plan)
  const samples = tone(1, 440, 8000)
  const refused = async (call: () => unknown): Promise<string> =>
    (await t.throwsAsync(async () => await call(), { code: 'ERR_INVALID_OPTION' })).message
  t.regex(await refused(() => model.embed(samples, { levels: gap(-1) as never })), /^Model\.embed: levels must be /)
  for (const tags of [['a', '\ud800'], gap('b'), gap()] as never[]) {
    t.regex(await refused(() => Model.create({ ...plan, tags })), /^Model\.create: tags must be a list of texts/)
  }
  for (const architecture of [new Date(Number.NaN), { toJSON: () => 'x' }, { stem: '\ud800' }] as never[]) {
    t.regex(await refused(() => Model.create({ ...plan, architecture })), /architecture must be a preset/)
  }
  t.regex(await refused(() => Model.create({ ...plan, architecture: {} as never })), /architecture: missing field/)
  t.regex(await refused(() => all(gap() as string[], { model })), /each of paths must be a path, received undefined/)
  t.regex(await refused(() => all({ [Symbol.iterator]: 5 } as never, { model })), /paths must be a path or several/)
  t.notRegex(await refused(() => model.tag(new Float64Array(100) as never)), /\n/)
  t.regex(await refused(() => Reflect.construct(Model as never, [])), /use Model\.load, Model\.create or Model\.import/)
  t.regex(await refused(() => inspect(model as never)), /must not be a Model: give its architecture/)
})

test('a subclass of Float32Array has the scores of its samples', async t => {
  class Samples extends Float32Array {
    static get [Symbol.species](): never {
      return Array as never
    }
  }
  const model = await Model.create(plan)
  const samples = tone(100, 440, 8000)
  t.deepEqual(await model.tag(new Samples(samples)), await model.tag(samples))
})
