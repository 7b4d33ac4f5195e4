// One training with PyTorch: the same protocol as a job for peer.py.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { inspect } from 'samplecnn'
import { TUNED } from '../allocator.mjs'
import { common } from './cases.mjs'
import { gmMtatTags, tagsOf, writeManifest } from './manifests.mjs'

/** The network of a preset m^n or `rate:R`, in the form that bench/cpu/peers/network.py reads. */
async function architectureOf(preset) {
  const { samplingRate, inputLength, layers } = await inspect(preset)
  const [stem, ...others] = layers
  const head = others.find(layer => layer.name === 'head.conv')
  const blocks = others.filter(layer => layer.name.startsWith('blocks.'))
  return {
    samplingRate,
    inputLength,
    same: 'right',
    norm: { kind: 'batch', eps: 1e-5, momentum: common.normMomentum },
    stem: { kernel: stem.kernel, stride: stem.stride, channels: stem.channels },
    blocks: blocks.map(({ kernel, pool, channels }) => ({ kind: 'basic', kernel, pool, channels })),
    head: { kind: 'conv', channels: head.channels, kernel: head.kernel, dropout: 0.5 },
  }
}

/** The manifest of a case, for PyTorch. */
export function manifestOf({ dataset }, fold, { data, out }) {
  return writeManifest(dataset, data, resolve(out, 'manifests'), { fold: fold ?? 1, validation: false })
}

/**
 * Trains in PyTorch; returns the test metrics. With `trained`, trains nothing: scores the clips of its `manifest` with
 * its `model`, a model file of samplecnn, and writes the scores to its file `scores`.
 */
export async function peer(protocol, { seed, fold }, run, settings, trained = {}) {
  const { data, out, python, threads } = settings
  const { dataset, epochs, optimiser, learningRate, randomCrops, segments, clipSeconds = null } = protocol
  const isMulti = dataset === 'gm-mtat'
  const manifest = manifestOf(protocol, fold, settings)
  const job = {
    architecture: await architectureOf(protocol.architecture),
    manifest,
    tags: isMulti ? gmMtatTags(data) : tagsOf(manifest),
    task: isMulti ? 'multi-label' : 'single-label',
    clipSeconds,
    optimiser,
    learningRate,
    epochs,
    randomCrops,
    segments,
    seed,
    threads,
    batchSize: common.batchSize,
    audio: resolve(out, 'audio'),
    checkpoint: join(run, 'checkpoint.pt'),
    ...trained,
  }
  mkdirSync(run, { recursive: true })
  const file = join(run, 'job.json')
  const text = JSON.stringify(job, null, 2)
  // A checkpoint belongs to the job that made it.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) rmSync(job.checkpoint, { force: true })
  writeFileSync(file, text)
  const env = { ...process.env, ...TUNED, OMP_NUM_THREADS: String(threads) }
  const started = promisify(execFile)(python, [join(import.meta.dirname, 'peer.py'), file], { env })
  started.child.stderr.pipe(process.stderr)
  return JSON.parse((await started).stdout.trim().split('\n').at(-1))
}
