import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { compare, type RunComparison, train, type TrainOptions } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { samplecnn } from './support/samplecnn.js'

/** A training of one epoch on 16 clips, and the folder of its runs. */
function small(
  t: ExecutionContext,
): TrainOptions & { readonly out: string; readonly resume?: undefined; readonly force?: undefined } {
  const folder = emptyFolder(t)
  return {
    dataset: dataset(folder),
    architecture: '3^4@8000',
    out: join(folder, 'runs'),
    cache: join(folder, 'cache'),
    segments: 8,
    batchSize: 16,
    epochs: 1,
    bootstrap: 100,
    device: 'cpu',
  }
}

test('runs of several seeds are one group, and another network is compared with it', async t => {
  const options = small(t)
  const seeds = await train({ ...options, seeds: 2 })
  t.is(seeds.seeds?.runs.length, 2)
  t.deepEqual(
    seeds.seeds?.runs.map(({ seed, run }) => [seed, run]),
    [0, 1].map(seed => [seed, join(options.out, `seed-${seed}`)]),
  )
  const other = join(options.out, '..', 'other')
  await train({ ...options, architecture: '3^3@8000', out: other })
  const told: RunComparison[] = []
  const done = await compare({
    runs: [options.out, other],
    bootstrap: 200,
    onEvent: event => event.type === 'comparison' && told.push(event),
  })
  t.deepEqual(
    done.groups.map(group => [group.name, group.seeds]),
    [
      ['runs', [0, 1]],
      ['other', [0]],
    ],
  )
  t.deepEqual(
    told.map(({ metric }) => metric),
    ['rocAuc', 'prAuc'],
    'accuracy does not apply to several tags',
  )
  for (const { values, difference, interval } of told) {
    t.true(Math.abs(values![0] - values![1] - difference!) < 1e-9)
    t.true(interval![0] <= difference! && difference! <= interval![1])
  }

  const csv = await samplecnn(['compare', options.out, other, '--format', 'csv', '--bootstrap', '200'])
  t.is(csv.status, 0, csv.stderr)
  t.regex(csv.stdout, /^kind,first,second,metric,seeds,value/)
  t.regex(csv.stdout, /^difference,runs,other,rocAuc,/m)
  const latex = await samplecnn(['compare', options.out, other, '--format', 'latex', '--bootstrap', '200'])
  t.regex(latex.stdout, /\\begin\{tabular\}/)
})

test('runs on other data are not comparable', async t => {
  const [one, two] = [small(t), small(t)]
  await train(one)
  // The clips have the same names and tags, but only the first second of each is used.
  await train({ ...two, clipSeconds: 1 })
  const { status, stdout } = await samplecnn(['compare', one.out, two.out])
  t.is(status, 3)
  t.regex(stdout, /not comparable: other part of each clip: whole clips and 1 s/)
})

test('folders without a finished run are refused', async t => {
  const folder = emptyFolder(t)
  await t.throwsAsync(compare({ runs: [folder] }), { code: 'ERR_DATASET', message: /no config\.json/ })
  await t.throwsAsync(compare({ runs: [join(folder, 'none')] }), { code: 'ERR_FILE_NOT_FOUND' })
  await t.throwsAsync(compare({ runs: [folder], bootstrap: 5 }), { code: 'ERR_INVALID_OPTION', message: /bootstrap/ })
})
