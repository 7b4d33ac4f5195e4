import { existsSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { experiment, type ExperimentEvent } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'

test('the downsampling experiment gives a row per rate and a table, and keeps finished trainings', async t => {
  t.timeout(300_000)
  const folder = emptyFolder(t)
  const options = {
    dataset: dataset(folder),
    out: join(folder, 'runs'),
    cache: join(folder, 'cache'),
    rates: [2000, 4000],
    epochs: 1,
    clipSeconds: 4,
  }
  const events: ExperimentEvent[] = []
  const done = await experiment('downsampling', { ...options, onEvent: event => events.push(event) })
  t.deepEqual(
    done.table.map(({ rate }) => rate),
    [2000, 4000],
  )
  t.true(done.table.every(({ published }) => published.rocAuc !== null && published.rocAuc > 0.8))
  t.is(events.filter(({ type }) => type === 'row').length, 2)
  t.is(events.at(-1)?.type, 'done')
  t.true(existsSync(done.file))

  const again: ExperimentEvent[] = []
  const second = await experiment('table5', { ...options, onEvent: event => again.push(event) })
  t.false(
    again.some(({ type }) => type === 'epoch'),
    'finished trainings are kept',
  )
  t.deepEqual(second.table, done.table)
})

test('an unknown experiment or rate is refused with the known ones', async t => {
  const folder = emptyFolder(t)
  const options = { dataset: dataset(folder), out: join(folder, 'runs'), cache: join(folder, 'cache') }
  await t.throwsAsync(experiment('table9' as 'table5', options), {
    code: 'ERR_INVALID_OPTION',
    message: /one of "downsampling", "table5", received 'table9'/,
  })
  await t.throwsAsync(experiment('table5', { ...options, rates: [8001] }), {
    code: 'ERR_INVALID_OPTION',
    message: /8001/,
  })
})
