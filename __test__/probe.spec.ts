import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { type Dataset, Model, probe, type ProbeEvent, type ProbeOptions } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { writeFeatures } from './support/features.js'

/** Options for a linear probe on features that tell low tones from high ones. */
function small(t: ExecutionContext): ProbeOptions & { readonly out: string; readonly dataset: Dataset } {
  const folder = emptyFolder(t)
  const data = dataset(folder)
  const names = ['low', 'high'].flatMap(tag => Array.from({ length: 8 }, (_, clip) => `clips/${tag}-${clip}.wav`))
  const rows = names.map((name, row) => [name.includes('low') ? -1 : 1, Math.sin(row), Math.cos(3 * row)])
  const source = writeFeatures(
    join(folder, 'features'),
    names.map(name => join(folder, name)),
    rows,
  )
  return { source, dataset: data, task: 'single-label', hidden: [0], learningRate: 0.1, out: join(folder, 'out') }
}

test('a probe trains a classifier, tells of every epoch, and is not computed twice', async t => {
  const options = small(t)
  const events: ProbeEvent[] = []
  const done = await probe({ ...options, onEvent: event => events.push(event) })
  t.is(done.type, 'done')
  t.is(done.test.accuracy, 1)
  t.deepEqual(
    done.perTag.map(({ tag, positives }) => [tag, positives]),
    [
      ['high', 2],
      ['low', 2],
    ],
  )
  t.is(done.trials.length, 1)
  t.true(existsSync(done.trials[0]!.classifier) && existsSync(done.trials[0]!.predictions!))
  t.is((JSON.parse(readFileSync(done.result, 'utf8')) as { format: number }).format, 1)
  t.deepEqual([...new Set(events.map(({ type }) => type))], ['start', 'epoch', 'trial', 'done'])
  t.is(events.filter(({ type }) => type === 'epoch').length, done.trials[0]!.epochs)
  const [start] = events
  t.like(start, { type: 'start', width: 3, parameters: 8, clips: { train: 8, valid: 4, test: 4 }, device: 'cpu' })

  const again: ProbeEvent[] = []
  t.deepEqual(await probe({ ...options, onEvent: event => again.push(event) }), done)
  t.deepEqual(
    again.map(({ type }) => type),
    ['start', 'done'],
  )
  await t.throwsAsync(probe({ ...options, seeds: 2 }), { code: 'ERR_RUN_EXISTS', message: /seeds was \[0\] there/ })
  const both = await probe({ ...options, seeds: 2, force: true })
  t.deepEqual(
    both.trials.map(({ seed }) => seed),
    [0, 1],
  )
  t.is(typeof both.deviation.accuracy, 'number')
})

test('the features of a model file and of a Model in memory are the same', async t => {
  const { dataset: data, out } = small(t)
  const made = await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'], seed: 1 })
  const file = join(out, '..', 'model.safetensors')
  await made.save(file)
  const options = { dataset: data, task: 'single-label', hidden: [0], epochs: 5, cache: join(out, 'cache') } as const
  const of = async (source: string | Model, name: string): Promise<unknown> => {
    const { test: scores, parameters } = await probe({ ...options, source, out: join(out, name) })
    return { scores, parameters }
  }
  const expected = await of(file, 'file')
  t.deepEqual(await of(made, 'made'), expected)
  t.deepEqual(await of(await Model.load(file), 'loaded'), expected)
})

test('bad options and bad features are refused', async t => {
  const options = small(t)
  const refused = async (more: object, code: string, message: RegExp): Promise<void> => {
    await t.throwsAsync(probe({ ...options, ...more }), { code, message })
  }
  await refused({ dropOut: 0.5 }, 'ERR_INVALID_OPTION', /did you mean "dropout"/)
  await refused({ protocol: 'kaist' }, 'ERR_INVALID_OPTION', /"kaist-features"/)
  await refused({ hidden: [8, 0] }, 'ERR_INVALID_OPTION', /hidden/)
  await refused({ source: join(options.out, 'none.npy') }, 'ERR_FILE_NOT_FOUND', /none\.npy/)
  const { path } = options.dataset as { readonly path: string }
  const folder = join(path, '..')
  const source = writeFeatures(join(folder, 'other'), [join(folder, 'clips/low-0.wav')], [[1, 2]])
  await refused({ source }, 'ERR_DATASET', /high-0\.wav|low-1\.wav/)
})

test('an aborted probe stops', async t => {
  const options = small(t)
  const controller = new AbortController()
  const reason = new Error('enough')
  const stopped = probe({
    ...options,
    patience: 1_000_000,
    epochs: 1_000_000,
    signal: controller.signal,
    onEvent: event => event.type === 'epoch' && controller.abort(reason),
  })
  t.is(await t.throwsAsync(stopped), reason)
  t.false(existsSync(join(options.out, 'result.json')))
})
