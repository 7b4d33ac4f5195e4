import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import {
  evaluate,
  type EvaluateEvent,
  type EvaluateOptions,
  type Evaluation,
  Model,
  prepare,
  train,
  type TrainEvent,
  type TrainOptions,
} from '../index.js'
import { script } from './support/child.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'

/** A small training: 64 segments per epoch, a network of four blocks. */
function small(t: ExecutionContext): TrainOptions & {
  readonly out: string
  readonly resume?: undefined
  readonly force?: undefined
  readonly warmupEpochs?: undefined
  readonly warmupUpdates?: undefined
} {
  const folder = emptyFolder(t)
  return {
    dataset: dataset(folder),
    architecture: '3^4@8000',
    out: join(folder, 'run'),
    cache: join(folder, 'cache'),
    segments: 8,
    batchSize: 16,
    epochs: 3,
    seed: 1,
  }
}

test('a protocol sets what is not given, and config.json has its name and every value', async t => {
  const options = small(t)
  const protocol = join(options.out, '..', 'mine.json')
  writeFileSync(
    protocol,
    JSON.stringify({
      format: 1,
      name: 'mine',
      summary: 'Adam on a cosine',
      options: { optimiser: 'adam', schedule: 'cosine', learningRates: [0.002], batchSize: 8, labelSmoothing: 0.1 },
    }),
  )
  const events: TrainEvent[] = []
  const weights = { low: 2 }
  const file = protocol as `${string}.json`
  // 16 is not the value of the protocol.
  const more = { protocol: file, batchSize: 16, classWeights: weights, warmupUpdates: 2, maxGradientNorm: 1 }
  await train({ ...options, ...more, onEvent: event => events.push(event) })
  const config = JSON.parse(readFileSync(join(options.out, 'config.json'), 'utf8')) as {
    readonly options: Readonly<Record<string, unknown>>
    readonly tagWeights: readonly number[]
  }
  const { protocol: name, optimiser, schedule, learningRates, batchSize, labelSmoothing, patience } = config.options
  t.deepEqual(
    { name, optimiser, schedule, learningRates, batchSize, labelSmoothing, patience },
    {
      name: 'mine',
      optimiser: 'adam',
      schedule: 'cosine',
      learningRates: [0.002],
      batchSize: 16,
      labelSmoothing: 0.1,
      patience: 4,
    },
  )
  t.deepEqual(config.tagWeights, [1, 2], 'the tags are high and low')
  const rates = events.flatMap(event => (event.type === 'epoch' ? event.learningRate : []))
  t.is(rates.length, 3)
  t.true(rates[1]! < rates[0]! && rates[2]! < rates[1]!, rates.join(', '))
})

test('a protocol that does not exist, and one that contradicts the options, are refused', async t => {
  const options = small(t)
  const missing = join(options.out, 'no.json') as `${string}.json`
  await t.throwsAsync(train({ ...options, protocol: missing }), { code: 'ERR_FILE_NOT_FOUND' })
  await t.throwsAsync(train({ ...options, schedule: 'cosine', epochs: undefined }), {
    code: 'ERR_INVALID_OPTION',
    message: /the schedule cosine needs epochs/,
  })
  await t.throwsAsync(train({ ...options, protocol: 'sota-benchmark', best: 'last' }), {
    code: 'ERR_INVALID_OPTION',
    message: /phase 1 of the protocol sota-benchmark: best must be/,
  })
  t.false(existsSync(options.out))
})

test('a training ends with a model, its metrics, and one event per epoch', async t => {
  const options = small(t)
  const events: TrainEvent[] = []
  const done = await train({ ...options, onEvent: event => events.push(event) })
  t.is(done.type, 'done')
  t.is(done.run, options.out)
  t.is(done.epochs, 3)
  t.true(existsSync(done.best))
  t.true(done.test.rocAuc === null || (done.test.rocAuc >= 0 && done.test.rocAuc <= 1))
  t.is(done.test.accuracy, null, 'several tags may hold at once')
  t.deepEqual(
    events.flatMap(event => (event.type === 'epoch' ? event.epoch : [])),
    [1, 2, 3],
  )
  t.is(events.filter(({ type }) => type === 'start').length, 1)
  t.is(events.at(-1)?.type, 'done')
  t.deepEqual((await Model.load(done.best)).tags, ['high', 'low'])

  const told: EvaluateEvent[] = []
  const evaluation = await evaluate({
    model: done.best,
    dataset: options.dataset,
    cache: options.cache,
    segments: 8,
    onEvent: event => told.push(event),
  })
  t.is(told.at(-1), evaluation)
  t.true(told.some(event => event.type === 'progress' && event.phase === 'score' && event.done === event.total))
  t.is(evaluation.model, done.best)
  t.is(evaluation.failed, 0)
  t.is(evaluation.type, 'evaluation')
  t.is(evaluation.clips, 4)
  t.is(evaluation.rocAuc, done.test.rocAuc)
  t.deepEqual(
    evaluation.perTag.map(({ tag, positives }) => [tag, positives]),
    [
      ['high', 2],
      ['low', 2],
    ],
  )
  const everything = await evaluate({ model: done.best, dataset: options.dataset, cache: options.cache, part: 'all' })
  t.is(everything.clips, 16)
  t.is(everything.part, null)

  // Another dataset may lack a tag of the model: this is reported, and the tag is left out of the averages.
  const { path } = options.dataset as { readonly path: string }
  const lone = `${path}.high.csv`
  writeFileSync(lone, readFileSync(path, 'utf8').replaceAll(',low,', ',,'))
  const warnings: string[] = []
  const partly = await evaluate({
    model: done.best,
    dataset: { kind: 'manifest', path: lone },
    cache: options.cache,
    onEvent: event => event.type === 'warning' && warnings.push(event.message),
  })
  t.deepEqual(partly.skipped, ['low'])
  t.true(
    warnings.some(message => message.includes('low')),
    warnings.join('; '),
  )
})

test('an evaluation uses the segments of the training, and recognises its clips', async t => {
  type Heard = Pick<EvaluateOptions, 'part' | 'segments' | 'clipSeconds'>
  const options = { ...small(t), epochs: 1, segments: 3, clipSeconds: 2 }
  const { best, test: measured } = await train(options)
  const measure = async (more: Heard = {}): Promise<[Evaluation, string[]]> => {
    const codes: string[] = []
    const evaluation = await evaluate({
      model: best,
      dataset: options.dataset,
      cache: options.cache,
      // With `auto`, an addon that was built with CUDA would warn that it uses the CPU.
      device: 'cpu',
      ...more,
      onEvent: event => event.type === 'warning' && codes.push(event.code),
    })
    return [evaluation, codes]
  }
  const [own, nothing] = await measure()
  t.like(own, { segments: 12, segmentsFrom: 'training', clipSeconds: 2, clipSecondsFrom: 'training', trainingClips: 0 })
  t.is(own.rocAuc, measured.rocAuc)
  t.deepEqual(nothing, [], 'no clip of the test part was heard in training')
  const [all] = await measure({ segments: 'all', clipSeconds: 1000 })
  t.like(all, { segmentsFrom: 'option', clipSeconds: 1000, clipSecondsFrom: 'option' })
  t.true(all.segments > 100)
  const [everything, codes] = await measure({ part: 'all' })
  t.like(everything, { trainingClips: 8, validationClips: 4 })
  t.deepEqual(codes, ['evaluated-on-training-clips', 'evaluated-on-validation-clips'])
})

test('an aborted and resumed training gives the same model as an uninterrupted one', async t => {
  const whole = small(t)
  const { best } = await train(whole)

  const options = { ...whole, out: `${whole.out}-2` }
  const reason = new Error('enough for now')
  const controller = new AbortController()
  const aborted = train({
    ...options,
    signal: controller.signal,
    onEvent: event => {
      if (event.type === 'epoch' && event.epoch === 1) controller.abort(reason)
    },
  })
  await t.throwsAsync(aborted, { is: reason })
  const resumed = await train({ ...options, resume: true })
  const tensors = (file: string): Buffer => {
    const bytes = readFileSync(file)
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)))
  }
  t.true(tensors(resumed.best).equals(tensors(best)))
})

test('a killed training can be resumed', async t => {
  const options = small(t)
  const killed = await script(`
    import { train } from 'samplecnn'
    await train({
      ...${JSON.stringify(options)},
      onEvent(event) { if (event.type === 'epoch') process.kill(process.pid, 'SIGKILL') },
    })`)
  t.is(killed.signal, 'SIGKILL')
  t.is((await train({ ...options, resume: true })).epochs, 3)
})

test('process.exit in the middle of a training is clean', async t => {
  const options = { ...small(t), epochs: 1000, patience: 1000 }
  const { status, signal, stderr } = await script(`
    import { train } from 'samplecnn'
    await train({ ...${JSON.stringify(options)}, onEvent(event) { if (event.type === 'epoch') process.exit(7) } })`)
  t.deepEqual({ status, signal, stderr }, { status: 7, signal: null, stderr: '' })
})

test('a run is not replaced without force', async t => {
  const options = { ...small(t), epochs: 1 }
  await train(options)
  await t.throwsAsync(train(options), { code: 'ERR_RUN_EXISTS', message: /run/ })
  await t.throwsAsync(train({ ...options, resume: true, batchSize: 5 }), { code: 'ERR_CHECKPOINT_MISMATCH' })
  await t.notThrowsAsync(train({ ...options, force: true }))
})

test('an error in the callback ends the training', async t => {
  const error = new Error('from the callback')
  const onEvent = (): never => {
    throw error
  }
  await t.throwsAsync(train({ ...small(t), onEvent }), { is: error })
})

test('the error about an unreadable dataset names the cause', async t => {
  const options = small(t)
  const folder = emptyFolder(t)
  const path = join(folder, 'bad.csv')
  const trained = (): Promise<unknown> => train({ ...options, dataset: { kind: 'manifest', path } })
  await t.throwsAsync(trained(), { code: 'ERR_FILE_NOT_FOUND', message: /bad\.csv/ })
  writeFileSync(path, 'path,tags,split\na.wav,x,train\nb.wav,x,tset\n')
  await t.throwsAsync(trained(), { code: 'ERR_DATASET', message: /3.*tset|tset.*3/s })
})

test('a dataset is prepared once', async t => {
  const { dataset: data, architecture, cache } = small(t)
  const options = { dataset: data, architecture, cache }
  const first = await prepare(options)
  t.like(first, { type: 'done', clips: 16, usable: 16, decoded: 16, failed: 0 })
  t.like(await prepare(options), { usable: 16, decoded: 0 })
})
