import { device, force, precision, samplingRate, terminal, threads } from './recurring.js'
import type { Verb } from './table.js'

/** `import`, and `Model.import`. */
export const importModel: Verb = {
  name: 'import',
  method: 'Model.import',
  summary: 'Make a model file of a checkpoint that another program wrote',
  interface: 'ImportOptions',
  usage: 'CHECKPOINT -o FILE [options]',
  examples: [
    'import best_model.pth -o minzwon.safetensors',
    'import weights.hdf5 --as jongpillee --tag-order mtat-kaist -o sample-cnn.safetensors',
  ],
  options: {
    out: { kind: 'path', short: 'o', only: 'cli', required: true, help: 'the model file to write' },
    force: { ...force, only: 'cli' },
    as: {
      kind: 'choice',
      choices: [
        'samplecnn',
        'kyungyunlee',
        'clmr',
        'configurable',
        'minzwon',
        'minzwon-se',
        'panns',
        'jongpillee',
        'sample-cnn',
        'resemul',
        'sampleaudio',
      ],
      placeholder: 'FORMAT',
      otherwise: 'recognised by the names of the tensors',
      help: 'whose code wrote the checkpoint',
    },
    tags: {
      kind: 'texts',
      excludes: ['tagOrder'],
      otherwise: "the source's own",
      help: 'names of the outputs, in their order',
    },
    tagOrder: {
      kind: 'choice',
      choices: ['mtat', 'mtat-kaist', 'mtat-reversed', 'msd', 'jamendo'],
      placeholder: 'ORDER',
      otherwise: "the source's own",
      help: 'a published order of tags: mtat, mtat-kaist, mtat-reversed, msd or jamendo',
    },
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      otherwise: "the source's",
      help: 'Hz of the waveform',
    },
    inputLength: {
      kind: 'integer',
      minimum: 1,
      otherwise: "the source's",
      help: 'samples of a segment, for networks that take any length',
    },
    eps: { kind: 'number', minimum: 0, otherwise: "the source's", help: 'what the norms add to the variance' },
    reversed: {
      kind: 'flag',
      otherwise: 'true for Keras 1',
      help: 'filters stand reversed in time, as Theano keeps them',
    },
    same: {
      kind: 'choice',
      choices: ['left', 'right'],
      otherwise: 'left for Keras 1, else right',
      help: 'side on which an even filter pads one more',
    },
    licence: { kind: 'text', otherwise: "that of the source's code", help: 'licence of the weights' },
    architecture: {
      kind: 'architecture',
      short: 'a',
      otherwise: 'as the file says',
      help: "the network of a file with samplecnn's own names that does not say it",
    },
    device,
    precision: { ...precision, only: 'api' },
    threads,
    ...terminal,
  },
}
