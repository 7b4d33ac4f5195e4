/** No call blocks the event loop. Each case runs in its own process and is measured by Node's event loop monitor. */

import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { Model } from '../index.js'
import { script } from './support/child.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { library } from './support/library.js'

/** Milliseconds that one turn of the event loop may take. */
const budget = 20

/**
 * The longest turn of the event loop while `work` runs. The smallest value of three tries, because other processes take
 * time too.
 */
async function longest(t: ExecutionContext, prepare: string, work: string): Promise<number> {
  const { stdout, stderr } = await script(`
    import { decode, demo, evaluate, experiment, inspect, Model, prepare, tag, train } from 'samplecnn'
    import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
    inspect('3^4')
    ${prepare}
    const tries = []
    for (let round = 0; round < 3; round++) {
      const monitor = monitorEventLoopDelay({ resolution: 1 })
      await new Promise(resolve => setTimeout(resolve, 30))
      monitor.enable()
      await new Promise(resolve => setTimeout(resolve, 5))
      monitor.reset()
      await (async () => { ${work} })()
      await new Promise(resolve => setTimeout(resolve, 5))
      tries.push(monitor.max / 1e6)
      monitor.disable()
    }
    console.log(Math.min(...tries))`)
  t.is(stderr, '')
  return Number(stdout)
}

test.serial('an hour of samples is copied without blocking the event loop', async t => {
  const delay = await longest(
    t,
    `const model = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
     const samples = new Float32Array(3600 * 22050).map((_, n) => (n % 50) / 100)
     const signal = () => AbortSignal.timeout(400)`,
    // The copy ends long before the signal arrives.
    `await model.tag(samples, { samplingRate: 22050, signal: signal() }).catch(error => {
       if (error.name !== 'TimeoutError') throw error
     })`,
  )
  t.true(delay < budget, `${delay} ms`)
})

test.serial('a hundred thousand paths are read without blocking the event loop', async t => {
  const { model } = await library(t, 1)
  const delay = await longest(
    t,
    `const paths = Array.from({ length: 100_000 }, (_, n) => 'folder/of/music/' + n + '.mp3')`,
    `for await (const record of tag(paths, { model: ${JSON.stringify(model)} })) break`,
  )
  t.true(delay < budget, `${delay} ms`)
})

for (const verb of ['tag', 'tagFile', 'decode', 'load', 'create', 'train', 'prepare', 'evaluate', 'demo'] as const) {
  test.serial(`${verb} does not block the event loop`, async t => {
    const folder = emptyFolder(t)
    const { model, files } = await library(t)
    const data = JSON.stringify(dataset(folder))
    const [file, wave, out, cache] = [model, files[0], join(folder, 'out'), join(folder, 'cache')].map(p =>
      JSON.stringify(p),
    )
    const training = `dataset: ${data}, cache: ${cache}`
    const low = join(folder, 'low.safetensors')
    await (await Model.create({ architecture: '3^4@8000', tags: ['low', 'high'] })).save(low)
    const work = {
      tag: `for await (const _ of tag(${JSON.stringify(files)}, { model: ${file} }));`,
      tagFile: `const model = await Model.load(${file})
        await model.tagFile(${wave})
        await model[Symbol.asyncDispose]()`,
      decode: `await decode(${wave})`,
      load: `(await Model.load(${file})).dispose()`,
      create: `(await Model.create({ architecture: '3^9', tags: ['a'] })).dispose()`,
      train: `await train({ ${training}, architecture: '3^4@8000', epochs: 1, out: ${out}, force: round > 0 })`,
      prepare: `await prepare({ ${training}, architecture: '3^4@8000' })`,
      evaluate: `await evaluate({ ${training}, model: ${JSON.stringify(low)} })`,
      demo: `await demo({ out: ${JSON.stringify(join(folder, 'demo'))} + round, clips: 20, epochs: 1, threads: 1 })`,
    }[verb]
    const delay = await longest(t, '', work)
    t.true(delay < budget, `${delay} ms`)
  })
}

test.serial('doctor is quick while sockets are open, and a failed load is cached', async t => {
  // A diagnostic report would look up the name of this host, which takes long.
  const open = `
    import { connect, createServer } from 'node:net'
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const sockets = await Promise.all(Array.from({ length: 20 }, () => new Promise(resolve => {
      const socket = connect(server.address().port, '127.0.0.1', () => resolve(socket))
    })))
    let reports = 0
    if (process.report) {
      const report = process.report.getReport
      process.report.getReport = () => {
        if (!process.report.excludeNetwork) reports += 1
        return report.call(process.report)
      }
    }
    const timed = work => {
      const start = performance.now()
      try { work() } catch (error) { console.log(error.code) }
      return performance.now() - start
    }`
  const close = `for (const socket of sockets) socket.destroy(); server.close()`
  const good = await script(`import { doctor } from 'samplecnn'
    ${open}
    const time = timed(() => console.log(doctor().libc))
    console.log(reports, time < 200 || time)
    ${close}`)
  t.regex(good.stdout, /^(glibc 2\.\d+|musl|null)\n0 true\n$/)
  const failing = await script(
    `import { doctor, inspect } from 'samplecnn'
    ${open}
    const times = [timed(() => doctor()), timed(() => inspect('3^9')), timed(() => doctor())]
    console.log(reports, times[0] < 200 || times[0], times[1] + times[2] < 20 || times)
    ${close}`,
    { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere/samplecnn.node', NAPI_RS_FORCE_WASI: 'error' },
  )
  t.is(failing.stdout, 'ERR_NATIVE_LOAD\nERR_NATIVE_LOAD\nERR_NATIVE_LOAD\n0 true true\n')
})

test.serial('doctor works without diagnostic reports', async t => {
  for (const without of [
    'delete process.report',
    `Object.defineProperty(process, 'report', { get() { throw new Error('denied') } })`,
  ]) {
    const { stdout, stderr } = await script(`${without}
      const { doctor } = await import('samplecnn')
      console.log(doctor().libc)`)
    t.is(stderr, '')
    t.regex(stdout, /^(glibc 2\.\d+|musl|null)\n$/)
  }
})
