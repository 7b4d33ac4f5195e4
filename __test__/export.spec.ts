import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { Model, train } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { tone } from './support/wave.js'

/** This package has no binaries for some platforms, such as Alpine Linux. */
const runtime = await import('onnxruntime-node').catch((reason: unknown) => {
  if (process.env['CI']) throw reason
  console.warn(`skipped: onnxruntime-node does not load here (${String(reason)})`)
  return undefined
})

/**
 * Checkpoints with random weights and running statistics that differ between channels; one for each kind of network.
 */
const checkpoints = join(import.meta.dirname, '..', 'crates', 'import', 'tests', 'data')
const imported = ['clmr-finetuned.ckpt', 'keras-1.1.hdf5', 'minzwon-se.pth', 'sampleaudio-se.hdf5', 'leenet24.pth']
const rese2 = 'sampleaudio-rese2.hdf5'
const tags = ['loud', 'quiet', 'fast', 'slow']

/** A model whose training has measured the mean and deviation of its waveform. */
async function standardised(t: ExecutionContext): Promise<Model> {
  const folder = emptyFolder(t)
  const { best } = await train({
    dataset: dataset(folder),
    architecture: '3^5+standardise@4000',
    segments: 8,
    epochs: 1,
    threads: 1,
    out: join(folder, 'run'),
    cache: join(folder, 'cache'),
  })
  return await Model.load(best)
}

const models: readonly (readonly [string, (t: ExecutionContext) => Promise<Model>])[] = [
  ...imported.map(file => [file, () => Model.import(join(checkpoints, file))] as const),
  // At another rate than its own, so that its segment of 729 samples is long enough to be tagged.
  [rese2, () => Model.import(join(checkpoints, rese2), { samplingRate: 4000 })],
  ...['3^6@8000', '4^5/2@8000', '3^6+signed-log@8000', 'raw:4,729,729', 'mel:4,729,729'].map(
    architecture => [architecture, () => Model.create({ architecture, tags, seed: 5 })] as const,
  ),
  ['a network on a standardised waveform', standardised],
]

for (const [name, create] of runtime ? models : [])
  test(`onnxruntime-node gives the scores of ${name} for any batch size`, async t => {
    const { InferenceSession, Tensor } = runtime!
    await using model = await create(t)
    const file = join(emptyFolder(t), 'model.onnx')
    await model.export(file, { to: 'onnx' })
    const session = await InferenceSession.create(file)
    const { samplingRate } = model
    const length = model.architecture.inputLength
    const pitches = [220, 440, 1500]
    const segments = pitches.map(hertz => tone(length / samplingRate, hertz, samplingRate).subarray(0, length))
    for (const batch of [1, pitches.length]) {
      const input = new Float32Array(batch * length)
      segments.slice(0, batch).forEach((segment, index) => input.set(segment, index * length))
      const output = await session.run({ [session.inputNames[0]!]: new Tensor('float32', input, [batch, length]) })
      const scores = output['scores']!
      t.deepEqual(scores.dims, [batch, model.tags.length])
      for (let index = 0; index < batch; index++) {
        const ours = await model.tag(segments[index]!)
        t.is(ours.segments, 1)
        ours.tags.forEach(({ tag, score }, output) => {
          const theirs = Number(scores.data[index * ours.tags.length + output])
          t.true(Math.abs(theirs - score) <= 1e-5, `${tag}: ${theirs} there, ${score} here`)
        })
      }
    }
    await session.release()
  })
