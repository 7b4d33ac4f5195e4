import { limits } from './limits.js'
import {
  cache,
  dataset,
  device,
  samplingRate,
  seed,
  strict,
  terminal,
  threads,
  trainingPrecision,
} from './recurring.js'
import { experimentNames, experimentScales, experimentSummaries } from './experiments.js'
import type { Verb } from './table.js'
import { training } from './train.js'

/** `experiment`. */
export const experiment: Verb = {
  name: 'experiment',
  summary: 'Run an experiment of the SampleCNN papers on a dataset, and print its table',
  interface: 'ExperimentOptions',
  events: 'ExperimentEvent',
  abortable: true,
  usage: 'NAME|FILE.json --dataset KIND --root DIR -o DIR [options]',
  examples: [
    'experiment downsampling --dataset mtat --root MagnaTagATune -o runs/downsampling',
    'experiment downsampling --manifest songs.csv --only rate=2000,8000,22050 --epochs 10 -o runs/rates',
    'experiment sweep --dataset mtat --root MagnaTagATune --scale small -o runs/sweep',
    'experiment sweep --dataset mtat --root MagnaTagATune --shard 3/42 -o runs/sweep-3',
    'experiment table6 --dataset gtzan --root GTZAN --source runs/msd/best.safetensors -o runs/transfer',
    'experiment robustness --dataset mtat --root MagnaTagATune --source runs/mtat/best.safetensors -o runs/robustness',
    'experiment sweep -o runs/sweep --merge runs/sweep-1 runs/sweep-2 runs/sweep-3',
  ],
  notes:
    `The experiments: ${Object.entries(experimentSummaries)
      .map(([name, text]) => `${name}: ${text}`)
      .join('; ')}. ` +
    'A file of your own is described in docs/experiments.md. A second run with the same folder continues.',
  options: {
    name: {
      kind: 'experiment',
      choices: experimentNames,
      required: true,
      positional: true,
      only: 'cli',
      placeholder: 'NAME',
      help: `${experimentNames.join(', ')}, or a file that ends in .json`,
    },
    dataset: { kind: 'dataset', help: dataset.help, otherwise: 'none; it is required except with merge' },
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      placeholder: 'DIR',
      help: 'folder for the runs and the table; finished trainings in it are kept',
    },
    only: {
      kind: 'text',
      placeholder: "'AXIS=VALUE,...;...'",
      otherwise: 'all',
      help: 'values of the axes to train, such as rate=2000,8000 or id=3^9-3',
    },
    seeds: {
      kind: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 1,
      help: 'number of seeds with which each training is run, from --seed on',
    },
    scale: {
      kind: 'text',
      placeholder: experimentScales.join('|'),
      otherwise: 'the whole experiment',
      help: 'a smaller version of the experiment, for minutes instead of days',
    },
    source: {
      kind: 'modelFile',
      otherwise: 'none; the experiment then trains its source, if its file says how',
      help: 'model: table6 classifies its features, robustness evaluates it on distorted clips',
    },
    sourceDataset: {
      kind: 'dataset',
      otherwise: 'the dataset of all trainings',
      help: 'dataset on which table6 and robustness train their source',
      excludes: ['source'],
    },
    parallel: {
      kind: 'integer',
      minimum: 1,
      maximum: limits.mostThreads,
      default: 1,
      help: 'number of trainings side by side; they share the threads',
    },
    shard: {
      kind: 'text',
      placeholder: 'I/N',
      otherwise: 'all trainings',
      help: 'train only part I of N, from 1; each part needs a folder of its own',
    },
    merge: {
      kind: 'paths',
      otherwise: 'nothing is joined',
      help: 'join the folders of parts of this experiment into the folder, without training',
      excludes: ['only', 'shard', 'scale', 'dataset', 'source', 'sourceDataset'],
    },
    rates: {
      kind: 'integers',
      ...samplingRate,
      otherwise: 'all',
      help: 'deprecated: use only (rate=2000,8000)',
    },
    ...training,
    seed,
    device,
    precision: trainingPrecision,
    threads,
    cache,
    strict,
    ...terminal,
  },
}
