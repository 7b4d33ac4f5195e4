// A small music collection, a small network and a small run, all generated.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wave } from '../../scripts/wave.mjs'
import { samplecnn } from './command.mjs'

const rate = 8000

/** A network that trains on the music in seconds. */
const architecture = {
  samplingRate: rate,
  inputLength: 729,
  stem: { kernel: 3, stride: 3, channels: 16 },
  blocks: [16, 16, 16, 24, 24].map(channels => ({ kind: 'basic', kernel: 3, pool: 3, channels })),
  head: { kind: 'conv', channels: 32, kernel: 1, dropout: 0.2 },
}

/** Makes `seconds` seconds of up to three tones, and returns them with the tags of these tones. */
function clip(random, seconds) {
  const tones = [
    ['low', 80, 200],
    ['mid', 400, 700],
    ['high', 1500, 3000],
  ].filter(() => random.next() < 0.5)
  const hertz = tones.map(([, from, to]) => from + random.next() * (to - from))
  const samples = Array.from({ length: seconds * rate }, (_, n) =>
    hertz.reduce((sum, f) => sum + 0.3 * Math.sin((2 * Math.PI * f * n) / rate), 0.002 * (random.next() - 0.5)),
  )
  return { samples, tags: tones.map(([tag]) => tag) }
}

/** Writes `clips` clips and a manifest below `folder`; returns the paths of music, manifest and architecture. */
export function music(folder, random, clips = 60, seconds = 1) {
  mkdirSync(join(folder, 'music'), { recursive: true })
  const rows = ['path,tags,split']
  for (let index = 0; index < clips; index++) {
    const { samples, tags } = clip(random, seconds)
    const name = `music/${String(index).padStart(4, '0')}.wav`
    writeFileSync(join(folder, name), wave(samples, rate))
    rows.push(`${name},${tags.join('|') || 'quiet'},${index % 10 < 6 ? 'train' : index % 10 < 8 ? 'valid' : 'test'}`)
  }
  const [manifest, network] = [join(folder, 'music.csv'), join(folder, 'network.json')]
  writeFileSync(manifest, `${rows.join('\n')}\n`)
  writeFileSync(network, JSON.stringify(architecture))
  return { music: join(folder, 'music'), manifest, network }
}

/** Returns the arguments of a training that writes into `out`. */
export function training(material, out, cache, more = []) {
  const data = ['--manifest', material.manifest, '-a', material.network, '--cache', cache]
  return ['train', ...data, '-o', out, '--epochs', '12', '--device', 'cpu', '--threads', '1', '-q', ...more]
}

/** Trains a model below `folder` and returns the model file. */
export async function trained(folder, material) {
  const out = join(folder, 'run')
  const { status, stderr } = await samplecnn(training(material, out, join(folder, 'cache')))
  if (status !== 0) throw new Error(`the training that the tests need failed: ${stderr}`)
  return join(out, 'best.safetensors')
}
