import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { type Architecture, Model, visualize, type VisualizeEvent } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'

/** A small network with excitations. */
const architecture: Architecture = {
  samplingRate: 8000,
  inputLength: 2187,
  stem: { kernel: 3, stride: 3, channels: 8 },
  blocks: [
    { kind: 'se', kernel: 3, pool: 3, channels: 8, excite: 1 },
    { kind: 'se', kernel: 3, pool: 3, channels: 12, excite: 1 },
  ],
  head: { kind: 'dense' },
}

async function savedModel(t: ExecutionContext): Promise<{ folder: string; model: string }> {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await using made = await Model.create({ architecture, tags: ['high', 'low'] })
  await made.save(model)
  return { folder, model }
}

test('filters writes figures, arrays and numbers', async t => {
  const { folder, model } = await savedModel(t)
  const events: VisualizeEvent[] = []
  const out = join(folder, 'figures')
  const done = await visualize('filters', { model, out, layers: [1, 2], onEvent: event => events.push(event) })
  const figures = events.filter(event => event.type === 'figure')
  t.deepEqual(
    figures.map(({ name }) => name),
    ['filters-spectra', 'filters-curves', 'filters-waveforms'],
  )
  t.true(figures.every(({ files }) => files.every(file => existsSync(file))))
  t.deepEqual(events.at(-1), done)
  const { numbers } = JSON.parse(readFileSync(done.file, 'utf8')) as { numbers: unknown }
  t.deepEqual(numbers, figures[0]?.numbers as unknown)
})

test('a model in memory and several models are shown', async t => {
  const { folder, model } = await savedModel(t)
  await using made = await Model.create({ architecture: { ...architecture, samplingRate: 4000 }, tags: ['a'] })
  const out = join(folder, 'figures')
  const names: string[] = []
  const onEvent = (event: VisualizeEvent): void => {
    if (event.type === 'figure') names.push(event.name)
  }
  await visualize('filters', { model: made, compare: [model], out, layers: [1], onEvent })
  t.true(names.includes('filters-rates'))
})

test('maps, excitations and timelines are written', async t => {
  const { folder, model } = await savedModel(t)
  const clips = { dataset: dataset(folder), part: 'all', cache: join(folder, 'cache') } as const
  const maps = await visualize('tsne', {
    model,
    out: join(folder, 'maps'),
    ...clips,
    tags: ['low', 'high'],
    levels: [-1],
  })
  t.true(existsSync(join(maps.out, 'tsne-maps.html')))
  const factors = await visualize('excitations', { model, out: join(folder, 'excitations'), ...clips })
  t.true(factors.arrays.some(file => file.endsWith('excitations-block2.npy')))
  const file = join(folder, 'clips', 'low-0.wav')
  const line = await visualize('timeline', { model, out: join(folder, 'timeline'), file })
  t.is(line.kind, 'timeline')
})

test('what does not exist is refused by name', async t => {
  const { folder, model } = await savedModel(t)
  const out = join(folder, 'figures')
  const refused = async (run: Promise<unknown>, message: RegExp): Promise<void> => {
    await t.throwsAsync(run, { code: 'ERR_INVALID_OPTION', message })
  }
  await refused(visualize('filter' as 'filters', { model, out }), /received 'filter'; did you mean "filters"/)
  await refused(
    visualize('filters', { model, out, layers: [1, 4] }),
    /there is no layer 4; the model has layers 1 to 3/,
  )
  await refused(visualize('tsne', { model, out }), /dataset is missing/)
  await refused(visualize('timeline', { model, out, file: 'a.wav', levels: [-1] }), /levels is an option of tsne/)
  const plain = join(folder, 'plain.safetensors')
  await using made = await Model.create({ architecture: '3^5@8000', tags: ['low'] })
  await made.save(plain)
  const clips = { dataset: dataset(folder), part: 'all', cache: join(folder, 'cache') } as const
  await refused(visualize('excitations', { model: plain, out, ...clips }), /no excitations/)
})
