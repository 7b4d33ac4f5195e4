import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { experiment, type ExperimentEvent, train } from '../index.js'
import { script } from './support/child.js'
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
    done.table.map(({ axes }) => axes['rate']),
    [2000, 4000],
  )
  t.true(done.table.every(({ published }) => published['rocAuc']!.value > 0.8 && !published['rocAuc']!.comparable))
  t.true(done.table.every(({ cells }) => cells['rocAuc']!.value !== null))
  t.deepEqual(
    done.claims.map(({ verdict }) => verdict),
    [null, null, null],
    'the other rates are missing',
  )
  t.is(done.missing.length, 5)
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
    message: /"downsampling", "table5", .* that ends in \.json, received 'table9'; did you mean "table\d"/,
  })
  await t.throwsAsync(experiment('table5', { ...options, rates: [8001] }), {
    code: 'ERR_INVALID_OPTION',
    message: /8001/,
  })
})

test('an experiment of your own: one file, a part of it, and parts that are joined', async t => {
  t.timeout(300_000)
  const folder = emptyFolder(t)
  const file = join(folder, 'mine.json') as `${string}.json`
  const spec = {
    format: 2,
    name: 'mine',
    title: 'Two filter sizes',
    source: 'none',
    axes: [{ name: 'm', values: [2, 3] }],
    trainings: { architecture: '{m}^4@8000' },
    columns: [{ name: 'm' }, { name: 'parameters' }, { name: 'rocAuc' }],
    claims: [
      {
        text: 'Three is better than two.',
        difference: { column: 'rocAuc', of: { m: 3 }, minus: { m: 2 }, within: { atLeast: 0 } },
      },
    ],
  }
  writeFileSync(file, JSON.stringify(spec))
  const options = { dataset: dataset(folder), cache: join(folder, 'cache'), epochs: 1, segments: 2 } as const
  const one = await experiment(file, { ...options, out: join(folder, 'one'), only: 'm=2' })
  t.is(one.claims[0]?.verdict, null)
  t.regex(one.claims[0]?.reason ?? '', /3: it has not been trained/)
  await experiment(file, { ...options, out: join(folder, 'two'), shard: '2/2' })
  const all = await experiment(file, { out: join(folder, 'all'), merge: [join(folder, 'one'), join(folder, 'two')] })
  t.is(all.table.length, 2)
  t.not(all.claims[0]?.verdict, null)
  t.true(['table.json', 'table.csv', 'table.tex', '2/report.json'].every(name => existsSync(join(folder, 'all', name))))

  writeFileSync(file, JSON.stringify({ ...spec, axs: [] }))
  await t.throwsAsync(experiment(file, { ...options, out: join(folder, 'three') }), {
    code: 'ERR_INVALID_OPTION',
    message: /mine\.json: unknown field `axs`.*did you mean "axes"\?/,
  })
  await t.throwsAsync(experiment('sweep', { out: join(folder, 'four') }), {
    code: 'ERR_INVALID_OPTION',
    message: /dataset is missing/,
  })
})

test('robustness evaluates a given model under the selected distortions, without any training', async t => {
  t.timeout(300_000)
  const folder = emptyFolder(t)
  const common = { dataset: dataset(folder), cache: join(folder, 'cache'), segments: 2 } as const
  const trained = await train({ ...common, architecture: '2^4@8000', epochs: 2, out: join(folder, 'run') })
  const events: ExperimentEvent[] = []
  const done = await experiment('robustness', {
    ...common,
    source: trained.best,
    only: 'noise=0',
    out: join(folder, 'robustness'),
    onEvent: event => events.push(event),
  })
  t.deepEqual(
    done.table.map(({ id, kind, axes }) => [id, kind, axes['strength']]),
    [
      ['clean', 'distorted', 'none'],
      ['noise_0', 'distorted', '0 dB'],
    ],
  )
  t.false(events.some(({ type }) => type === 'epoch'))
  const [clean, noisy] = done.table.map(({ cells }) => cells['rocAuc']!.value!)
  t.is(clean, trained.test.rocAuc!)
  t.is(done.table[1]!.cells['rocAucChange']!.value, noisy! - clean!)
  t.true(existsSync(join(folder, 'robustness/figures/auc-against-noise.svg')))
  t.false(existsSync(join(folder, 'robustness/figures/auc-against-mp3.svg')))

  const both = { ...common, source: trained.best, sourceDataset: common.dataset, out: join(folder, 'x') }
  await t.throwsAsync(experiment('robustness', both as never), {
    code: 'ERR_INVALID_OPTION',
    message: /source.*exclude/,
  })
  await t.throwsAsync(experiment('sweep', { ...common, sourceDataset: common.dataset, out: join(folder, 'x') }), {
    code: 'ERR_INVALID_OPTION',
    message: /sourceDataset: the experiment sweep/,
  })
})

test('without a program that encodes MP3, its rows are skipped with the reason', async t => {
  t.timeout(300_000)
  const folder = emptyFolder(t)
  const common = { dataset: dataset(folder), cache: join(folder, 'cache'), segments: 2 } as const
  const { best } = await train({ ...common, architecture: '2^4@8000', epochs: 1, out: join(folder, 'run') })
  mkdirSync(join(folder, 'empty'))
  const options = JSON.stringify({ ...common, source: best, only: 'mp3=64', out: join(folder, 'out') })
  const call = `import { experiment } from 'samplecnn'
    const { missing, markdown } = await experiment('robustness', ${options})
    console.log(JSON.stringify({ missing: missing.find(({ id }) => id === 'mp3_64'), markdown }))`
  const { status, stdout, stderr } = await script(call, { PATH: join(folder, 'empty') })
  t.is(status, 0, stderr)
  const { missing, markdown } = JSON.parse(stdout) as { missing: { reason: string }; markdown: string }
  t.regex(missing.reason, /skipped: no program that encodes MP3 was found \(ffmpeg with libmp3lame, or lame\)/)
  t.regex(markdown, /\| mp3 \| 64 kbit\/s \| skipped \|/)
})
