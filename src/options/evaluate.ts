import { cache, dataset, device, seed, terminal, threads } from './common.js'
import type { Verb } from './table.js'

/** `evaluate`. */
export const evaluate: Verb = {
  name: 'evaluate',
  summary: 'Measure a model on a part of a data set: ROC-AUC and average precision per tag, accuracy',
  interface: 'EvaluateOptions',
  abortable: true,
  usage: 'MODEL --dataset KIND --root DIR [options]',
  examples: ['evaluate runs/mtat/best.safetensors --dataset mtat --root MagnaTagATune'],
  options: {
    model: { kind: 'path', required: true, positional: true, placeholder: 'MODEL', help: 'the model file' },
    dataset,
    split: {
      kind: 'choice',
      choices: ['train', 'valid', 'test'],
      default: 'test',
      help: 'the part of the data set',
    },
    seed,
    device,
    threads,
    cache,
    ...terminal,
  },
}
