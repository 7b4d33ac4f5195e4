import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { Model, train, type TrainEvent } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, samplecnn } from './support/samplecnn.js'

test('a training starts from a model, with its network, and freezes all but a new head', async t => {
  const folder = emptyFolder(t)
  const from = join(folder, 'from.safetensors')
  await using model = await Model.create({ architecture: '3^4@8000', tags: ['a', 'b', 'c'], seed: 3 })
  await model.save(from)
  const events: TrainEvent[] = []
  const options = {
    dataset: dataset(folder),
    out: join(folder, 'run'),
    cache: join(folder, 'cache'),
    segments: 8,
    batchSize: 16,
    epochs: 2,
    from,
    freeze: 'all-but-head',
  } as const
  const done = await train({ ...options, onEvent: event => events.push(event) })
  t.true(events.some(event => event.type === 'warning' && event.code === 'new-head'))
  t.true(events.some(event => event.type === 'progress' && event.phase === 'features'))
  const config = JSON.parse(readFileSync(join(done.run, 'config.json'), 'utf8')) as { source: object }
  t.like(config.source, { head: 'new' })
  await using trained = await Model.load(done.best)
  t.deepEqual(trained.tags, ['high', 'low'])
  t.deepEqual(trained.architecture.blocks, model.architecture.blocks)

  await t.throwsAsync(train({ ...options, out: join(folder, 'other'), architecture: '3^5@8000' }), {
    code: 'ERR_INVALID_OPTION',
    message: /architecture must be that of the model in from/,
  })
  await t.throwsAsync(train({ ...options, out: join(folder, 'other'), freeze: 9 }), {
    code: 'ERR_INVALID_OPTION',
    message: /freeze must be 1 to \d+/,
  })

  // On the command line, and resumed.
  const flags = ['train', '--manifest', String(options.dataset.path), '--cache', options.cache, '--segments', '8']
  const more = [
    '--batch-size',
    '16',
    '--from',
    from,
    '--freeze',
    '2',
    '--frozen-norms',
    'updated',
    '--layer-decay',
    '0.5',
  ]
  const out = ['-o', join(folder, 'cli'), '--json']
  const first = await samplecnn([...flags, ...more, '--epochs', '1', ...out])
  t.is(first.status, 0, first.stderr)
  const second = await samplecnn([...flags, ...more, '--epochs', '2', ...out, '--resume'])
  t.is(second.status, 0, second.stderr)
  t.like(recordsOf(second.stdout).at(-1), { type: 'done', epochs: 2 })
  const other = await samplecnn([...flags, ...more.slice(0, 4), '--epochs', '3', ...out, '--resume'])
  t.not(other.status, 0)
  t.regex(other.stdout, /ERR_CHECKPOINT_MISMATCH/)
})
