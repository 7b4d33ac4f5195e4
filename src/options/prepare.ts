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
  summary: 'Decode and resample a data set once, into the cache that training reads',
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
      help: 'the network whose sampling rate is wanted; a mel network learns its mean and deviation here',
    },
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      otherwise: "the architecture's",
      help: 'sampling rate in Hz',
    },
    clipSeconds,
    segments,
    seed: { ...seed, help: 'seed of a split that is drawn' },
    retryFailed: { kind: 'flag', default: false, help: 'try clips again that could not be used before' },
    strict,
    threads: { ...threadCount, otherwise: 'one a core', help: 'files decoded at the same time' },
    cache,
    ...terminal,
  },
}
