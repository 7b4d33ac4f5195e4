import { device, seed, terminal, threads, trainingPrecision } from './recurring.js'
import type { Verb } from './table.js'

/** `demo`. */
export const demo: Verb = {
  name: 'demo',
  summary: 'Make synthetic music, train a small network on it, evaluate it and tag an unseen file',
  interface: 'DemoOptions',
  events: 'DemoEvent',
  abortable: true,
  usage: '[options]',
  examples: ['demo', 'demo -o /tmp/demo --clips 60 --epochs 2'],
  options: {
    out: {
      kind: 'path',
      short: 'o',
      placeholder: 'DIR',
      default: 'demo',
      help: 'folder of the music, the run and the results',
    },
    clips: {
      kind: 'integer',
      minimum: 20,
      maximum: 100_000,
      otherwise: 'as many as the full demo needs',
      help: 'number of clips to make; fewer are quicker and worse',
    },
    epochs: {
      kind: 'integer',
      minimum: 1,
      otherwise: 'as many as the full demo needs',
      help: 'cap on the number of epochs',
    },
    seed,
    device,
    precision: trainingPrecision,
    threads,
    ...terminal,
  },
}
