import type { Verb } from './table.js'
import { train } from './train.js'

/** `crossValidate`; on the command line `train --folds all`. */
export const crossValidate: Verb = {
  name: 'crossValidate',
  summary: 'Train one network per fold of a dataset, and average their test results',
  interface: 'CrossValidationOptions',
  events: 'CrossValidationEvent',
  abortable: true,
  usage: '',
  examples: [],
  options: {
    ...train.options,
    out: { kind: 'path', required: true, short: 'o', placeholder: 'DIR', help: 'the folder of the runs and the table' },
  },
}
