import { cache, dataset, device, samplingRate, seed, task, terminal, threadCount } from './recurring.js'
import type { Verb } from './table.js'

/** `dataset check`. */
export const checkDataset: Verb = {
  name: 'dataset',
  method: 'checkDataset',
  summary: 'Check a dataset: what is missing or broken, comparable results, and audio or artists in two parts',
  interface: 'CheckDatasetOptions',
  events: 'CheckDatasetEvent',
  abortable: true,
  usage: 'check --dataset KIND --root DIR [options]',
  examples: [
    'dataset check --dataset mtat --root MagnaTagATune',
    'dataset check --manifest songs.csv --quick',
    'dataset check --manifest songs.csv --group artist --top-tags 50',
    'dataset check --manifest songs.csv -m best.safetensors',
  ],
  options: {
    dataset,
    task: { ...task, otherwise: "the dataset's" },
    seed: { ...seed, help: 'seed of a drawn split' },
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      default: 22_050,
      help: 'sampling rate in Hz of the cache that decoded audio is kept in',
    },
    quick: {
      kind: 'flag',
      default: false,
      help: 'decode no audio: check only the lists, and the presence and bytes of the files',
    },
    model: {
      kind: 'model',
      short: 'm',
      otherwise: 'none',
      excludes: ['quick'],
      help:
        'model whose embeddings show clips that sound the same, ' +
        'and labels that are likely wrong by the predictions of a classifier on them',
    },
    device: { ...device, help: 'where the model computes; auto is the first usable GPU, or else the CPU' },
    threads: { ...threadCount, otherwise: 'one per core', help: 'number of files to decode at the same time' },
    cache,
    ...terminal,
  },
}
