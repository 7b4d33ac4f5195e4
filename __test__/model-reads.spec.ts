import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { Model } from '../index.js'
import { script } from './support/child.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

/** Linux counts the bytes that a process has read. */
const counted = existsSync('/proc/self/io') ? test : test.skip

counted('a model file is read once by each job and call', async t => {
  const folder = emptyFolder(t)
  const [model, sound] = [join(folder, 'model.safetensors'), join(folder, 'a.wav')]
  await using made = await Model.create({ architecture: '3^9', tags: ['low', 'high'], seed: 1 })
  await made.save(model)
  writeWave(sound, tone(3, 440, 22_050), 22_050)
  const names = { model, sound, onnx: join(folder, 'model.onnx'), cache: join(folder, 'cache'), data: dataset(folder) }
  const { status, stdout, stderr } = await script(`
    import { readFileSync } from 'node:fs'
    import { draw, evaluate, inspect, Model, prepare, tag } from 'samplecnn'
    const { model, sound, onnx, cache, data } = ${JSON.stringify(names)}
    const read = () => Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
    const all = async paths => { for await (const record of tag(paths, { model })) void record }
    // The counts must not include the addon and the clips.
    inspect('3^9')
    await prepare({ dataset: data, cache })
    const jobs = {
      inspect: () => inspect(model),
      draw: () => draw(model),
      tag: () => all([sound]),
      evaluate: () => evaluate({ model, dataset: data, cache, part: 'test' }),
      'Model.load': async () => {
        const loaded = await Model.load(model)
        await loaded.tagFile(sound)
        await all([sound])
        for await (const record of tag([sound], { model: loaded })) void record
        await loaded.export(onnx)
        loaded.dispose()
      },
    }
    const counts = {}
    for (const [name, job] of Object.entries(jobs)) {
      const before = read()
      await job()
      counts[name] = read() - before
    }
    console.log(JSON.stringify(counts))
  `)
  t.is(status, 0, stderr)
  const { size } = statSync(model)
  t.true(size > 5e6, 'large beside all else that is read')
  const counts = JSON.parse(stdout) as Readonly<Record<string, number>>
  const expected: Readonly<Record<string, number>> = { inspect: 1, draw: 1, tag: 1, evaluate: 1, 'Model.load': 2 }
  for (const [name, times] of Object.entries(expected)) {
    // Model.load reads the file once, and so does the tag job, which is given the file.
    t.is(Math.floor(counts[name]! / size), times, `${name}: ${counts[name]} bytes of a file of ${size}`)
  }
})
