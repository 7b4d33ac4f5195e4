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
import { experimentNames, experimentTrainings } from './experiments.js'
import type { Verb } from './table.js'
import { training } from './train.js'

/** `experiment`. */
export const experiment: Verb = {
  name: 'experiment',
  summary: 'Run an experiment of the SampleCNN papers on a dataset, and print its table',
  interface: 'ExperimentOptions',
  events: 'ExperimentEvent',
  abortable: true,
  usage: 'NAME --dataset KIND --root DIR -o DIR [options]',
  examples: [
    'experiment downsampling --dataset mtat --root MagnaTagATune -o runs/downsampling',
    'experiment downsampling --manifest songs.csv --rates 2000,8000,22050 --epochs 10 -o runs/rates',
  ],
  options: {
    name: {
      kind: 'choice',
      choices: experimentNames,
      required: true,
      positional: true,
      only: 'cli',
      placeholder: 'NAME',
      help: 'downsampling (Table 5 of the paper, table5): the same dataset at several sampling rates',
    },
    dataset,
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      placeholder: 'DIR',
      help: 'folder for the runs and the table; finished trainings in it are kept',
    },
    rates: {
      kind: 'integers',
      ...samplingRate,
      otherwise: `all: ${experimentTrainings.downsampling.join(', ')}`,
      help: 'sampling rates in Hz to train at',
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
