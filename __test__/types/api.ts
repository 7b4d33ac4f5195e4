/** What must compile and what must not; compiled by types.spec.ts, never run. */

import {
  type Architecture,
  demo,
  type DemoDone,
  type Diagnosis,
  draw,
  type ErrorCode,
  evaluate,
  type Evaluation,
  experiment,
  type Inspection,
  inspect,
  doctor,
  Model,
  prepare,
  type PrepareDone,
  SampleCnnError,
  type Scores,
  tag,
  type TagMetrics,
  type TagRecord,
  train,
  type TrainDone,
  type TrainEvent,
  type TrainOptions,
} from 'samplecnn'

/** Fails to compile where the two types differ. */
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
  await train({ dataset: { kind: 'mtat', root: 'M', split: 'tagged' }, out: 'r' })

  for await (const record of tag(['a.mp3'], { model: 'm', top: 5, signal })) {
    same<typeof record, TagRecord>(true)
    if (record.type === 'failed') same<typeof record.error.code, ErrorCode>(true)
    else if (record.type === 'result') same<(typeof record.tags)[number]['score'], number>(true)
    else same<typeof record.reason, string>(true)
  }

  same<Awaited<ReturnType<typeof evaluate>>, Evaluation>(true)
  same<Awaited<ReturnType<typeof prepare>>, PrepareDone>(true)
  same<ReturnType<typeof inspect>, Inspection>(true)
  same<ReturnType<typeof doctor>, Diagnosis>(true)
  await experiment('downsampling', { dataset, out: 'r', rates: [8000], epochs: 2 })
  {
    await using model = await Model.create({ architecture: '3^9', tags: ['a'], seed: 1 })
    same<Awaited<ReturnType<typeof model.tag>>, Scores>(true)
    await model.tag(new Float32Array(8000), { samplingRate: 44_100 })
    same<Awaited<ReturnType<typeof model.export>>, readonly string[]>(true)
    await model.export('m.onnx', { to: 'onnx' })
  }
  same<Awaited<ReturnType<typeof Model.load>>, Model>(true)
  await Model.load('m.safetensors', { device: 'cpu', threads: 2 })
  same<Awaited<ReturnType<typeof Model.import>>, Model>(true)
  await Model.import('m.pth', { as: 'minzwon', tagOrder: 'msd', same: 'left' })

  same<Awaited<ReturnType<typeof demo>>, DemoDone>(true)
  await demo({ out: 'demo', clips: 20, onEvent: event => event.type === 'result' && event.tags.length })
  same<ReturnType<typeof draw>, string>(true)
  draw('3^9')
  draw(['3^9', architecture])
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
      case 'warning':
        return event.message
      case 'done':
        return event.best
    }
  }
  await train({ dataset, out: 'r', onEvent: event => void onEvent(event) })
  const { perTag } = await evaluate({ model: 'm', dataset })
  same<typeof perTag, readonly TagMetrics[]>(true)
  same<TagMetrics['f1'], number | null>(true)
  same<TagMetrics['threshold'], number | null>(true)
  const error = new SampleCnnError('ERR_DECODE', 'no')
  same<typeof error.code, ErrorCode>(true)
}

export async function refused(options: TrainOptions): Promise<void> {
  // @ts-expect-error out is missing
  await train({ dataset })
  // @ts-expect-error there is no option batchsize
  await train({ dataset, out: 'r', batchsize: 3 })
  // @ts-expect-error a manifest has a path, not a root
  await train({ dataset: { kind: 'manifest', root: 'r' }, out: 'r' })
  // @ts-expect-error lists are of gtzan
  await train({ dataset: { kind: 'mtat', root: 'r', lists: 'l' }, out: 'r' })
  // @ts-expect-error there is no such split
  await train({ dataset: { kind: 'mtat', root: 'r', split: 'dev' }, out: 'r' })
  // @ts-expect-error there is no such device
  await train({ dataset, out: 'r', device: 'gpu' })
  // @ts-expect-error there is no such part
  await evaluate({ model: 'm', dataset, part: 'dev' })
  // @ts-expect-error options are read only
  options.seed = 3
  // @ts-expect-error there is no such experiment
  await experiment('table99', { dataset, out: 'r' })
  // @ts-expect-error a model comes from load or create
  new Model()
  // @ts-expect-error there is no such format
  await Model.import('m.pth', { as: 'keras' })
  // @ts-expect-error the option is called samplingRate
  await Model.load('m').then(model => model.tag(new Float32Array(1), { sampleRate: 8000 }))
  // @ts-expect-error a model is exported to onnx or pytorch
  await Model.load('m').then(model => model.export('x', { to: 'tensorflow' }))
  // @ts-expect-error a network is a name or an architecture
  draw([3])
  // @ts-expect-error clips is a number
  await demo({ clips: 'few' })
  // @ts-expect-error there is no such code
  new SampleCnnError('ERR_WRONG', 'no')
}
