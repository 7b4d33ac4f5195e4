/** Code that must compile and code that must not; compiled by types.spec.ts, never run. */

import {
  type Architecture,
  compare,
  decode,
  type Decoded,
  demo,
  type DemoDone,
  type Diagnosis,
  type DistillDone,
  draw,
  type ErrorCode,
  errorCodes,
  evaluate,
  type Evaluation,
  experiment,
  type FileScores,
  type Inspection,
  inspect,
  distill,
  doctor,
  Model,
  type ModelCard,
  prepare,
  type Preset,
  type PrepareDone,
  resolveModel,
  type RunGroup,
  SampleCnnError,
  type Scores,
  tag,
  type TagMetrics,
  type TagRecord,
  train,
  type TrainDone,
  type TrainEvent,
  type TrainOptions,
  type WarningCode,
  warningCodes,
} from 'samplecnn'

/** Does not compile if the two types differ. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
const same = <A, B>(_: Same<A, B>): void => {}

const dataset = { kind: 'mtat', root: 'M' } as const

export async function accepted(signal: AbortSignal, architecture: Architecture): Promise<void> {
  const run = await train({
    dataset,
    architecture: '3^9',
    device: 'cuda:1',
    out: 'r',
    seed: 1,
    signal,
    onEvent: event => {
      if (event.type === 'epoch') same<typeof event.epoch, number>(true)
    },
  })
  same<typeof run, TrainDone>(true)
  same<typeof run.test.rocAuc, number | null>(true)
  await train({ dataset: { kind: 'manifest', path: 'a.csv' }, architecture, out: 'r', segments: 3, epochs: undefined })
  await train({ dataset: { kind: 'gtzan', root: 'G', lists: 'lists' }, out: 'r', segments: 'all' })
  await train({ dataset: { kind: 'mtat', root: 'M', split: 'tagged', topTags: 5, mergeTags: ['a = b'] }, out: 'r' })
  await train({ dataset: { kind: 'jamendo', root: 'J', split: 0, subset: 'genre', group: 'artist' }, out: 'r' })
  await train({ dataset: { kind: 'esc50', root: 'E', fold: 2 }, out: 'r' })
  await train({ dataset: { kind: 'mtat', root: 'M', split: 'tagged' }, out: 'r' })
  await train({ dataset, out: 'r', protocol: 'sota-benchmark', classWeights: { rock: 2 }, warmupEpochs: 1 })
  await train({ dataset, out: 'r', protocol: 'mine.json', optimiser: 'adamw', classWeights: 'balanced' })

  for await (const record of tag(['a.mp3'], { model: 'm', top: 5, signal })) {
    same<typeof record, TagRecord>(true)
    if (record.type === 'failed') same<typeof record.error.code, ErrorCode>(true)
    else if (record.type === 'result') same<(typeof record.tags)[number]['score'], number>(true)
    else same<typeof record.reason, string>(true)
  }

  for await (const record of tag([new URL('file:///a.mp3'), Buffer.from('b.mp3')], { model: Buffer.from('m') })) {
    same<typeof record, TagRecord>(true)
  }
  tag('a.mp3', { model: 'm', threshold: 0.5, top: 3 })
  tag('a.mp3', { model: 'm', all: true })
  tag('a.mp3')
  tag('a.mp3', { model: 'hf:user/repo', onEvent: event => event.type === 'download' && event.bytes })
  same<Awaited<ReturnType<typeof resolveModel>>, string>(true)
  await resolveModel('hf:user/repo@v1', { signal, onEvent: event => console.log(event.type) })
  await Model.load(undefined, { device: 'cpu', signal })
  tag('a.mp3', { model: 'm', all: false, top: 3 })
  tag('a.mp3', { model: 'm', all: signal.aborted })
  tag('a.mp3', { model: 'm', out: new URL('file:///o.csv'), retryFailed: true })
  tag([], { model: 'm', filesFrom: 'list', nullSeparated: true })
  tag('a.mp3', { model: 'm', onEvent: async event => void (await Promise.resolve(event)) })
  same<Awaited<ReturnType<typeof evaluate>>, Evaluation>(true)
  same<Awaited<ReturnType<typeof prepare>>, PrepareDone>(true)
  same<Awaited<ReturnType<typeof distill>>, DistillDone>(true)
  await train({ dataset: { kind: 'manifest', path: 'a', positiveFrom: 0.3 }, out: 'r', from: 'm', freeze: 3 })
  await train({ dataset: { kind: 'mtat', root: 'M' }, out: 'r', from: 'm', freeze: 'all-but-head', layerDecay: 0.5 })
  same<ReturnType<typeof inspect>, Inspection>(true)
  same<ReturnType<typeof doctor>, Diagnosis>(true)
  await experiment('downsampling', { dataset, out: 'r', only: 'rate=8000', seeds: 3, epochs: 2 })
  await experiment('./mine.json', { dataset, out: 'r', shard: '1/3', parallel: 2, scale: 'small' })
  await experiment('sweep', { out: 'r', merge: ['a', new URL('file:///b')] })
  {
    await using model = await Model.create({ architecture: '3^9', tags: ['a'], seed: 1 })
    same<Awaited<ReturnType<typeof model.tag>>, Scores>(true)
    await model.tag(new Float32Array(8000), { samplingRate: 44_100 })
    same<Awaited<ReturnType<typeof model.export>>, readonly string[]>(true)
    await model.export('m.onnx', { to: 'onnx' })
    await model.export('m.safetensors', { to: 'model', half: true, tags: ['a'], card: new URL('file:///card.json') })
    same<typeof model.card, ModelCard | null>(true)
    await model.tag(new Float32Array(8000), { all: true })
    await model.tag(new Float32Array(8000), { top: 3, threshold: 0.1, signal })
    same<Awaited<ReturnType<typeof model.tagFile>>, FileScores>(true)
    await model.tagFile('a.mp3', { top: 3, signal })
    await model.tagFile(new URL('file:///a.mp3'), { all: true })
    await model.tagFile(Buffer.from(''), { maxBytes: 1000 })
    await model.tagFile(process.stdin)
    await model.tagFile(new Blob([]))
    tag('a.mp3', { model, top: 1 })
    await evaluate({ model, dataset })
    using disposed = model
    same<typeof disposed.disposed, boolean>(true)
  }
  same<Awaited<ReturnType<typeof decode>>, Decoded>(true)
  same<Decoded['samples'], Float32Array>(true)
  await decode(Buffer.from(''), { samplingRate: 22_050, signal })
  same<(typeof errorCodes)[ErrorCode], string>(true)
  same<(typeof warningCodes)[WarningCode], string>(true)
  const preset: Preset = '3^9'
  inspect(preset)
  inspect(String(signal.reason))
  const parts: Architecture = {
    samplingRate: 8000,
    inputLength: 729,
    stem: { kind: 'mel', kernel: 27, stride: 27, channels: 16, fft: 27 },
    blocks: [
      { kind: 'basic', kernel: 3, pool: 3, channels: 16 },
      { kind: 'se', kernel: 3, pool: 3, channels: 16, excite: 2 },
      { kind: 'res', kernel: 3, pool: 3, channels: 16, convs: 2, shortcutKernel: 3 },
    ],
    head: { kind: 'dense', levels: 2, pooling: 'maxmean' },
  }
  await train({ dataset, architecture: parts, out: 'r', resume: true })
  await Model.import('m.pth', { tags: ['a'] })
  {
  }
  same<Awaited<ReturnType<typeof Model.load>>, Model>(true)
  await Model.load('m.safetensors', { device: 'cpu', threads: 2 })
  same<Awaited<ReturnType<typeof Model.import>>, Model>(true)
  await Model.import('m.pth', { as: 'minzwon', tagOrder: 'msd', same: 'left' })

  same<Awaited<ReturnType<typeof demo>>, DemoDone>(true)
  await demo({ out: 'demo', clips: 20, onEvent: event => event.type === 'result' && event.tags.length })
  same<ReturnType<typeof draw>, string>(true)
  draw('3^9')
  draw(['3^9', architecture], { out: 'networks.svg', force: true })
  const onEvent = (event: TrainEvent): string => {
    switch (event.type) {
      case 'start':
        return event.run
      case 'epoch':
        same<typeof event.validLoss, number | null>(true)
        return String(event.epoch)
      case 'progress':
        return event.phase
      case 'checkpoint':
        return event.file
      case 'seed':
        return event.best
      case 'warning':
        same<typeof event.code, WarningCode>(true)
        return event.message
      case 'download':
        return event.model
      case 'done':
        return event.best
    }
  }
  await train({ dataset, out: 'r', onEvent: event => void onEvent(event) })
  await train({ config: 'r/config.json', out: 'again', seed: 2 })
  const { groups } = await compare({ runs: ['r', 'again'], format: 'latex' })
  same<typeof groups, readonly RunGroup[]>(true)
  const { perTag } = await evaluate({ model: 'm', dataset })
  same<typeof perTag, readonly TagMetrics[]>(true)
  same<TagMetrics['f1'], number | null>(true)
  same<TagMetrics['threshold'], number | null>(true)
  const error = new SampleCnnError('ERR_DECODE', 'no')
  same<typeof error.code, ErrorCode>(true)
}

export async function refused(options: TrainOptions): Promise<void> {
  // @ts-expect-error folders have no lists
  await train({ dataset: { kind: 'folders', root: 'r', lists: 'l' }, out: 'r' })
  // @ts-expect-error a manifest has no lists
  await train({ dataset: { kind: 'manifest', path: 'r', lists: 'l' }, out: 'r' })
  // @ts-expect-error without config the dataset is required
  await train({ out: 'r' })
  // @ts-expect-error resume and force exclude each other
  await train({ dataset, out: 'r', resume: true, force: true })
  // @ts-expect-error warmupEpochs and warmupUpdates exclude each other
  await train({ dataset, out: 'r', warmupEpochs: 1, warmupUpdates: 100 })
  // @ts-expect-error all and top exclude each other
  tag('a.mp3', { model: 'm', all: true, top: 3 })
  // @ts-expect-error all and threshold exclude each other
  tag('a.mp3', { model: 'm', all: true, threshold: 0.3 })
  // @ts-expect-error retryFailed needs out
  tag('a.mp3', { model: 'm', retryFailed: true })
  // @ts-expect-error nullSeparated needs filesFrom
  tag('a.mp3', { model: 'm', nullSeparated: true })
  // @ts-expect-error tags and tagOrder exclude each other
  await Model.import('m.pth', { tags: ['a'], tagOrder: 'msd' })
  const blocks = { samplingRate: 8000, inputLength: 729, head: { kind: 'conv' } } as const
  // @ts-expect-error a basic block has no excitation
  inspect({ ...blocks, blocks: [{ kind: 'basic', kernel: 3, pool: 3, channels: 9, excite: 2 }] })
  // @ts-expect-error an se block needs excite
  inspect({ ...blocks, blocks: [{ kind: 'se', kernel: 3, pool: 3, channels: 9 }] })
  // @ts-expect-error only a res block has a shortcut
  inspect({ ...blocks, blocks: [{ kind: 'se', kernel: 3, pool: 3, channels: 9, excite: 2, shortcutKernel: 3 }] })
  // @ts-expect-error a convolution has no FFT
  inspect({ ...blocks, blocks: [], stem: { kernel: 3, stride: 3, channels: 9, fft: 27 } })
  // @ts-expect-error a mel stem needs fft
  inspect({ ...blocks, blocks: [], stem: { kind: 'mel', kernel: 3, stride: 3, channels: 9 } })
  // @ts-expect-error a conv head sees one level
  inspect({ ...blocks, blocks: [], head: { kind: 'conv', levels: 3 } })
  // @ts-expect-error a dense head has no kernel
  inspect({ ...blocks, blocks: [], head: { kind: 'dense', kernel: 3 } })
  // @ts-expect-error a number is not a path
  await Model.load(5)
  // @ts-expect-error a number is not audio
  await decode(5)
  // @ts-expect-error out is missing
  await train({ dataset })
  // @ts-expect-error unknown option batchsize
  await train({ dataset, out: 'r', batchsize: 3 })
  // @ts-expect-error a manifest has a path, not a root
  await train({ dataset: { kind: 'manifest', root: 'r' }, out: 'r' })
  // @ts-expect-error the splits of jamendo are numbers
  await train({ dataset: { kind: 'jamendo', root: 'r', split: '0' }, out: 'r' })
  // @ts-expect-error subsets belong to their kinds
  await train({ dataset: { kind: 'fma', root: 'r', subset: 'genre' }, out: 'r' })
  // @ts-expect-error unknown split
  await train({ dataset: { kind: 'mtat', root: 'r', split: 'dev' }, out: 'r' })
  // @ts-expect-error unknown device
  await train({ dataset, out: 'r', device: 'gpu' })
  // @ts-expect-error unknown part
  await evaluate({ model: 'm', dataset, part: 'dev' })
  // @ts-expect-error options are read only
  options.seed = 3
  // @ts-expect-error unknown experiment
  await experiment('table99', { dataset, out: 'r' })
  // @ts-expect-error what is joined is not trained
  await experiment('sweep', { dataset, out: 'r', merge: ['a'] })
  // @ts-expect-error a model comes from load or create
  new Model()
  // @ts-expect-error unknown format
  await Model.import('m.pth', { as: 'keras' })
  // @ts-expect-error the option is called samplingRate
  await Model.load('m').then(model => model.tag(new Float32Array(1), { sampleRate: 8000 }))
  // @ts-expect-error a model is exported to onnx or pytorch
  await Model.load('m').then(model => model.export('x', { to: 'tensorflow' }))
  // @ts-expect-error a network is a name or an architecture
  draw([3])
  // @ts-expect-error the option is called out
  draw('3^9', { svg: 'a.svg' })
  // @ts-expect-error clips is a number
  await demo({ clips: 'few' })
  // @ts-expect-error unknown code
  new SampleCnnError('ERR_WRONG', 'no')
}
