import { device, epochs, seed, terminal, threads, trainingPrecision } from './recurring.js'
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
      help: 'folder for the music, the run and the results',
    },
    clips: {
      kind: 'integer',
      minimum: 20,
      maximum: 100_000,
      otherwise: 'as many as the full demo needs',
      help: 'number of clips to synthesise; fewer clips are quicker and give a worse model',
    },
    epochs: { ...epochs, otherwise: 'as many as the full demo needs', help: 'maximum number of epochs' },
    seed,
    device,
    precision: trainingPrecision,
    threads,
    ...terminal,
  },
}
