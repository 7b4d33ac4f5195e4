// Compares what samplecnn and PyTorch compute for the test clips with the same weights and the same samples.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { evaluate, inspect } from 'samplecnn'
import { readNpy } from './npy.mjs'
import { manifestOf, peer } from './peer.mjs'

/** The file as WAV of 16 bits at `rate`, made by ffmpeg: neither program resamples it. */
function wavOf(path, rate, folder) {
  const wav = join(folder, `${basename(path)}.wav`)
  if (existsSync(wav)) return wav
  const part = `${wav}.part`
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', path, '-ac', '1', '-ar', String(rate), '-f', 'wav', part])
  renameSync(part, wav)
  return wav
}

/** Writes a manifest of the test clips of the case as WAV; returns its path. */
function testManifest(training, protocol, settings, rate, folder) {
  const wavs = join(settings.out, 'wav', String(rate))
  mkdirSync(wavs, { recursive: true })
  const [head, ...lines] = readFileSync(manifestOf(protocol, training.fold, settings), 'utf8')
    .trim()
    .split('\n')
  const rows = lines
    .filter(line => line.endsWith(',test'))
    .map(line => {
      const [path, tags] = line.slice(1).split('","')
      return `"${wavOf(path, rate, wavs)}","${tags}`
    })
  const manifest = join(folder, 'test.csv')
  writeFileSync(manifest, [head, ...rows].join('\n') + '\n')
  return manifest
}

/**
 * Evaluates the model file of a finished training with both programs; returns their metrics, and the largest difference
 * of two scores (0..1) of the same clip and tag. Works in `folder`.
 */
export async function check(training, protocol, model, folder, settings) {
  mkdirSync(folder, { recursive: true })
  const { samplingRate } = await inspect(protocol.architecture)
  const manifest = testManifest(training, protocol, settings, samplingRate, folder)
  const own = join(folder, 'samplecnn')
  const dataset = { kind: 'manifest', path: manifest }
  const { threads } = settings
  const first = await evaluate({ model, dataset, out: own, device: 'cpu', threads, bootstrap: 0 })
  const file = join(folder, 'pytorch.npy')
  const second = await peer(protocol, training, folder, settings, { model, manifest, scores: file })
  const [scores, others] = [readNpy(join(own, 'predictions.npy')), readNpy(file)]
  if (scores.length !== others.length) throw new Error(`${scores.length} and ${others.length} scores`)
  const largest = scores.reduce((most, score, at) => Math.max(most, Math.abs(score - others[at])), 0)
  return { clips: first.clips, first, second, largest }
}
