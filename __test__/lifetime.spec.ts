/** Jobs whose process or worker ends. Each case runs in its own process, because a crash would end the test process. */

import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { Model } from '../index.js'
import { script } from './support/child.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

/** The start of a script: a model, and a library that takes long to tag. */
async function prelude(t: ExecutionContext): Promise<string> {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  const wave = writeWave(join(folder, 'tone.wav'), tone(20, 300, 8000), 8000)
  await (await Model.create({ architecture: '3^7@8000', tags: ['a'] })).save(model)
  return `
    import { Model, tag } from 'samplecnn'
    import { Worker, isMainThread } from 'node:worker_threads'
    const options = ${JSON.stringify({ model })}
    const files = Array(500).fill(${JSON.stringify(wave)})
  `
}

test('process.exit in the middle of a job is clean', async t => {
  const text = `${await prelude(t)}
    for await (const record of tag(files, options)) { console.log(record.type); process.exit(7) }`
  const { status, signal, stdout, stderr } = await script(text)
  t.deepEqual({ status, signal, stdout, stderr }, { status: 7, signal: null, stdout: 'result\n', stderr: '' })
})

test('process.exit while a call is waiting is clean', async t => {
  const text = `${await prelude(t)}
    const loop = tag(files, options)
    loop.next()
    setTimeout(() => process.exit(7), 300)`
  const { status, signal, stderr } = await script(text)
  t.deepEqual({ status, signal, stderr }, { status: 7, signal: null, stderr: '' })
})

test('a program ends by itself after its loop was left', async t => {
  const text = `${await prelude(t)}
    for await (const _ of tag(files, options)) break
    console.log('left')`
  const { status, stdout, stderr } = await script(text)
  t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'left\n', stderr: '' })
})

test('an uncaught error in the middle of a job ends the process as it would without the job', async t => {
  const text = `${await prelude(t)}
    for await (const _ of tag(files, options)) throw new Error('mine')`
  const { status, signal, stderr } = await script(text)
  t.is(status, 1)
  t.is(signal, null)
  t.regex(stderr, /Error: mine/)
})

for (const how of ['terminated', 'left to end'] as const) {
  test(`a worker that is ${how} in the middle of a job ends the job`, async t => {
    const worker = `${await prelude(t)}
      import { parentPort } from 'node:worker_threads'
      for await (const record of tag(files, options)) {
        parentPort.postMessage(record.type)
        ${how === 'terminated' ? '' : 'process.exit(0)'}
      }`
    const { status, signal, stdout, stderr } = await script(`
      import { Worker } from 'node:worker_threads'
      const text = ${JSON.stringify(worker)}
      for (let round = 0; round < 3; round++) {
        const address = JSON.stringify(import.meta.resolve('samplecnn'))
        const code = encodeURIComponent(text.replaceAll("'samplecnn'", address))
        const worker = new Worker(new URL('data:text/javascript,' + code))
        // A message of a worker may be lost if the worker exits right away: wait for its end only.
        const event = ${how === 'terminated' ? "'message'" : "'exit'"}
        await new Promise((resolve, reject) => { worker.once(event, resolve); worker.once('error', reject) })
        await worker.terminate()
      }
      console.log('done')`)
    t.deepEqual({ status, signal, stdout, stderr }, { status: 0, signal: null, stdout: 'done\n', stderr: '' })
  })
}

test('the event loop runs while a job works', async t => {
  const text = `${await prelude(t)}
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    for await (const _ of tag(files.slice(0, 3), options));
    clearInterval(timer)
    console.log(turns > 5 ? 'free' : 'blocked after ' + turns)`
  const { stdout } = await script(text)
  t.is(stdout, 'free\n')
})

test('a worker that is terminated while a model computes prints no error', async t => {
  const worker = `${await prelude(t)}
    import { parentPort } from 'node:worker_threads'
    const model = await Model.load(options.model)
    const samples = new Float32Array(8000 * 60).map((_, n) => Math.sin(n / 9) / 2)
    for (let n = 0; n < 20; n++) model.tag(samples).catch(() => {})
    model.tagFile('/none.wav').catch(() => {})
    Model.load('/none').catch(() => {})
    parentPort.postMessage('busy')`
  const { status, signal, stdout, stderr } = await script(`
    import { Worker } from 'node:worker_threads'
    const text = ${JSON.stringify(worker)}
    for (let round = 0; round < 5; round++) {
      const address = JSON.stringify(import.meta.resolve('samplecnn'))
      const code = encodeURIComponent(text.replaceAll("'samplecnn'", address))
      const worker = new Worker(new URL('data:text/javascript,' + code))
      await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject) })
      await worker.terminate()
    }
    console.log('done')`)
  t.deepEqual({ status, signal, stdout, stderr }, { status: 0, signal: null, stdout: 'done\n', stderr: '' })
})

test('disposed models use no memory', async t => {
  if (process.platform !== 'linux') return t.pass()
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await (
    await Model.create({ architecture: '3^9', tags: Array.from({ length: 50 }, (_, n) => `tag ${n}`) })
  ).save(model)
  const { stdout, stderr } = await script(`
    import { Model } from 'samplecnn'
    const rss = () => process.memoryUsage().rss / 2 ** 20
    const round = async count => {
      for (let n = 0; n < count; n++) {
        const model = await Model.load(${JSON.stringify(model)})
        if (n % 2 === 0) model.dispose()
        else await model[Symbol.asyncDispose]()
      }
    }
    await round(40)
    const before = rss()
    await round(160)
    console.log(rss() - before)
    // Models that are not disposed are collected in time, because V8 knows how large they are.
    for (let n = 0; n < 100; n++) await Model.load(${JSON.stringify(model)})
    console.log(rss() - before)
    const model = await Model.load(${JSON.stringify(model)})
    model[Symbol.dispose]()
    console.log(model.disposed)`)
  t.is(stderr, '')
  const [disposed, collected, gone] = stdout.trim().split('\n')
  t.true(Number(disposed) < 60, `${disposed} MB more`)
  t.true(Number(collected) < 500, `${collected} MB more`)
  t.is(gone, 'true')
})
