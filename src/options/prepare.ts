import {
  cache,
  clipSeconds,
  dataset,
  samplingRate,
  seed,
  segments,
  strict,
  terminal,
  threadCount,
} from './recurring.js'
import type { Verb } from './table.js'

/** `prepare`. */
export const prepare: Verb = {
  name: 'prepare',
  summary: 'Decode and resample a dataset once, into the cache that training reads',
  interface: 'PrepareOptions',
  events: 'PrepareEvent',
  abortable: true,
  usage: '--dataset KIND --root DIR [options]',
  examples: [
    'prepare --dataset mtat --root MagnaTagATune',
    'prepare --manifest songs.csv --architecture 3^7@8000',
    'prepare --dataset mtat --root MagnaTagATune --architecture mel:4,729,729',
  ],
  options: {
    dataset,
    architecture: {
      kind: 'architecture',
      default: '3^9',
      short: 'a',
      help:
        'network whose sampling rate to prepare for; ' +
        'also measures the mean and deviation of a mel network and of a standardised waveform',
    },
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      otherwise: "the architecture's",
      help: 'sampling rate in Hz',
    },
    clipSeconds,
    segments: { ...segments, default: 'all' },
    seed: { ...seed, help: 'seed of a drawn split' },
    retryFailed: { kind: 'flag', default: false, help: 'retry clips that could not be used before' },
    strict,
    threads: { ...threadCount, otherwise: 'one per core', help: 'number of files to decode at the same time' },
    cache,
    ...terminal,
  },
}
