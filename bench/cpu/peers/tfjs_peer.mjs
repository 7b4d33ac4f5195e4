// @tensorflow/tfjs-node for the benchmark: the plain networks (basic blocks, convolutional head) with folded norms,
// channels last. Installed by bench/setup into bench/.peers.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { answer, given, noise } from './requests.mjs'

const require = createRequire(new URL('../../.peers/package.json', import.meta.url))
const { file, batch, threads } = given()
process.env.TF_NUM_INTRAOP_THREADS = String(threads)
process.env.TF_CPP_MIN_LOG_LEVEL = '3'
const tf = require('@tensorflow/tfjs-node')

const bytes = readFileSync(file)
const size = Number(bytes.readBigUInt64LE(0))
const header = JSON.parse(bytes.toString('utf8', 8, 8 + size))
const { architecture } = JSON.parse(header.__metadata__.samplecnn)
if (architecture.head.kind !== 'conv' || architecture.blocks.some(block => block.kind !== 'basic')) {
  throw new Error('this program supports only plain networks')
}
const tensor = name => {
  const {
    data_offsets: [from, to],
  } = header[name]
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + size + from, bytes.byteOffset + 8 + size + to))
}

/** Filter [kernel, in, out] and bias of a convolution with its norm folded in. */
function folded(conv, norm) {
  const [out, into, kernel] = header[`${conv}.weight`].shape
  const [weight, bias] = [tensor(`${conv}.weight`), tensor(`${conv}.bias`)]
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(part =>
    tensor(`${norm}.${part}`),
  )
  const scale = gamma.map((value, o) => value / Math.sqrt(variance[o] + architecture.norm.eps))
  const filter = new Float32Array(weight.length)
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < into; i++) {
      for (let k = 0; k < kernel; k++) filter[(k * into + i) * out + o] = weight[(o * into + i) * kernel + k] * scale[o]
    }
  }
  return {
    filter: tf.tensor3d(filter, [kernel, into, out]),
    bias: tf.tensor1d(bias.map((b, o) => (b - mean[o]) * scale[o] + beta[o])),
  }
}

const { stem, blocks } = architecture
const layers = [
  { ...folded('stem.conv', 'stem.norm'), stride: stem.stride, pad: 'valid', pool: 1 },
  ...blocks.map(({ pool }, i) => ({ ...folded(`blocks.${i}.conv`, `blocks.${i}.norm`), stride: 1, pad: 'same', pool })),
  { ...folded('head.conv', 'head.norm'), stride: 1, pad: 'same', pool: 1 },
]
const [tags, width] = header['head.out.weight'].shape
const dense = tf.tensor2d(tensor('head.out.weight'), [tags, width]).transpose()
const last = tf.tensor1d(tensor('head.out.bias'))
const input = tf.tensor3d(noise(batch * architecture.inputLength), [batch, architecture.inputLength, 1])
await answer(() =>
  tf.tidy(() => {
    let x = input
    for (const { filter, bias, stride, pad, pool } of layers) {
      x = tf.relu(tf.add(tf.conv1d(x, filter, stride, pad), bias))
      if (pool > 1) x = tf.pool(x, [pool], 'max', 'valid', [1], [pool])
    }
    return tf.add(tf.matMul(x.reshape([batch, width]), dense), last).dataSync()
  }),
)
