import { bootstrap, terminal } from './recurring.js'
import type { Verb } from './table.js'

/** `compare`. */
export const compare: Verb = {
  name: 'compare',
  summary: 'Compare finished runs: metrics with intervals, and whether their differences are more than chance',
  interface: 'CompareOptions',
  events: 'CompareEvent',
  abortable: true,
  usage: 'RUN... [options]',
  examples: ['compare runs/3^9 runs/se', 'compare runs/basic/seed-* runs/se/seed-* --format latex'],
  notes:
    'Runs whose options differ only in the seed are one group; a folder of `train --seeds` stands for its runs. ' +
    'Every two groups are compared by a paired bootstrap over the test clips. Groups with other test clips, tags, ' +
    'labels, split or seconds of each clip are not comparable, and the reason is given.',
  options: {
    runs: {
      kind: 'paths',
      required: true,
      positional: true,
      placeholder: 'RUN',
      help: 'folders of finished runs, or of the runs of several seeds',
    },
    bootstrap: { ...bootstrap, minimum: 100, default: 2000, help: 'draws of the bootstrap over clips' },
    seed: { kind: 'integer', minimum: 0, default: 0, help: 'seed of the bootstrap' },
    format: {
      kind: 'choice',
      choices: ['markdown', 'latex', 'csv'],
      default: 'markdown',
      help: 'form of the table',
    },
    ...terminal,
  },
}
