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
import type { Verb } from './table.js'
import { training } from './train.js'

/** `experiment`. */
export const experiment: Verb = {
  name: 'experiment',
  summary: 'Run an experiment of the SampleCNN papers on a data set, and print its table',
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
      choices: ['downsampling', 'table5'],
      required: true,
      positional: true,
      only: 'cli',
      placeholder: 'NAME',
      help: 'downsampling (table5): the same data at seven sampling rates',
    },
    dataset,
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      placeholder: 'DIR',
      help: 'folder of the runs and the table; what is finished there is kept',
    },
    rates: {
      kind: 'integers',
      ...samplingRate,
      otherwise: 'all seven: 2000, 4000, 8000, 12000, 16000, 20000, 22050',
      help: 'sampling rates in Hz',
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
