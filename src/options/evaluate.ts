import {
  batchSize,
  cache,
  clipSeconds,
  dataset,
  device,
  force,
  precision,
  segments,
  terminal,
  threads,
} from './recurring.js'
import type { Verb } from './table.js'

/** `evaluate`. */
export const evaluate: Verb = {
  name: 'evaluate',
  summary: 'Measure a model on a part of a data set: ROC-AUC and average precision per tag, accuracy',
  interface: 'EvaluateOptions',
  events: 'EvaluateEvent',
  abortable: true,
  usage: 'MODEL --dataset KIND --root DIR [options]',
  examples: ['evaluate runs/mtat/best.safetensors --dataset mtat --root MagnaTagATune'],
  options: {
    model: {
      kind: 'model',
      required: true,
      positional: true,
      placeholder: 'MODEL',
      help: 'the model file',
    },
    dataset,
    part: {
      kind: 'choice',
      choices: ['train', 'valid', 'test', 'all'],
      default: 'test',
      help: 'the part of the data set',
    },
    seed: { kind: 'integer', minimum: 0, otherwise: 'that of the training', help: 'seed of a split that is drawn' },
    segments: { kind: 'segments', otherwise: 'that of the training, else all', help: segments.help },
    clipSeconds: { ...clipSeconds, otherwise: 'that of the training, else all; of mtat 29.05' },
    batchSize: { ...batchSize, default: 23, help: 'segments of one batch' },
    out: {
      kind: 'path',
      short: 'o',
      placeholder: 'DIR',
      otherwise: 'none',
      help: 'folder for the report and the predictions',
    },
    force: { ...force, needs: 'out' },
    device,
    precision,
    threads,
    cache,
    ...terminal,
  },
}
