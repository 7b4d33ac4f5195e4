// One training with samplecnn.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { train } from 'samplecnn'
import { common } from './cases.mjs'
import { writeManifest } from './manifests.mjs'

const root = resolve(import.meta.dirname, '../..')
const defaultModel = join(root, 'npm/model/model.safetensors')
const recipe = join(root, 'scripts/default-model/recipe.json')

/** The dataset option of a case. */
function datasetOf({ dataset }, fold, { data, out }) {
  if (dataset === 'gm-mtat') return { kind: 'mtat', root: resolve(data, 'gm-mtat') }
  const path = writeManifest(dataset, data, resolve(out, 'manifests'), { fold: fold ?? 1, validation: false })
  return { kind: 'manifest', path }
}

/** The network of a case, or the model from which its training starts. */
function networkOf({ architecture, from, freeze }) {
  if (from) return { from: defaultModel, ...(freeze && { freeze }) }
  if (architecture === 'default model') return { architecture: JSON.parse(readFileSync(recipe, 'utf8')).architecture }
  return { architecture }
}

/** Trains, or continues a training that was interrupted, in the folder `run`; returns the test metrics. */
export async function ours(protocol, { seed, fold }, run, settings) {
  let clips = 0
  const done = await train({
    ...common,
    ...networkOf(protocol),
    dataset: datasetOf(protocol, fold, settings),
    task: protocol.dataset === 'gm-mtat' ? 'multi-label' : 'single-label',
    optimiser: protocol.optimiser,
    learningRates: [protocol.learningRate],
    epochs: protocol.epochs,
    segments: protocol.segments,
    seed,
    out: run,
    resume: existsSync(join(run, 'config.json')),
    threads: settings.threads,
    device: 'cpu',
    bootstrap: 0,
    ...(protocol.randomCrops && { randomCrops: protocol.randomCrops }),
    ...(protocol.clipSeconds && { clipSeconds: protocol.clipSeconds }),
    ...(protocol.augment && { augment: protocol.augment }),
    ...(protocol.precision && { precision: protocol.precision }),
    onEvent: event => {
      if (event.type === 'start') clips = event.clips.test
      if (event.type === 'epoch') console.error(`epoch ${event.epoch}: training loss ${event.trainLoss.toFixed(4)}`)
    },
  })
  const { rocAuc, prAuc, accuracy } = done.test
  return {
    ...(accuracy === null ? { rocAuc, prAuc } : { right: Math.round(accuracy * clips), accuracy }),
    clips,
    epochs: done.epochs,
  }
}
