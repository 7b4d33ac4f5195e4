import {
  batchSize,
  bootstrap,
  cache,
  clipSeconds,
  dataset,
  device,
  force,
  modelArgument,
  mtatSeconds,
  precision,
  segments,
  terminal,
  threads,
} from './recurring.js'
import type { Verb } from './table.js'

/** `evaluate`. */
export const evaluate: Verb = {
  name: 'evaluate',
  summary: 'Evaluate a model on a part of a dataset: ROC-AUC and average precision per tag, accuracy',
  interface: 'EvaluateOptions',
  events: 'EvaluateEvent',
  abortable: true,
  usage: '[MODEL] --dataset KIND --root DIR [options]',
  examples: ['evaluate runs/mtat/best.safetensors --dataset mtat --root MagnaTagATune'],
  options: {
    model: modelArgument,
    dataset,
    part: {
      kind: 'choice',
      choices: ['train', 'valid', 'test', 'all'],
      default: 'test',
      help: 'part of the dataset to evaluate on',
    },
    seed: { kind: 'integer', minimum: 0, otherwise: "the training's", help: 'seed of a drawn split' },
    segments: { ...segments, otherwise: "the training's, or else all" },
    clipSeconds: {
      ...clipSeconds,
      otherwise: `the training's, or else the whole clip; for mtat ${mtatSeconds}`,
    },
    calibrated: {
      kind: 'flag',
      default: false,
      help:
        'map the scores to probabilities by the calibration of the model, ' +
        'which its training fitted on validation clips',
    },
    bootstrap,
    batchSize: { ...batchSize, default: 23, help: 'segments in one batch' },
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
