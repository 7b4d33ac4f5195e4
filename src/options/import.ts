import { device, force, precision, samplingRate, terminal, threads } from './recurring.js'
import type { Verb } from './table.js'

/** `import`, and `Model.import`. */
export const importModel: Verb = {
  name: 'import',
  method: 'Model.import',
  summary: 'Convert a checkpoint that another program wrote to a model file',
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
      otherwise: 'detected from the names of the tensors',
      help: 'program that wrote the checkpoint',
    },
    tags: {
      kind: 'texts',
      excludes: ['tagOrder'],
      otherwise: "the source's own",
      help: 'names of the outputs, in order',
    },
    tagOrder: {
      kind: 'choice',
      choices: ['mtat', 'mtat-kaist', 'mtat-reversed', 'msd', 'jamendo'],
      otherwise: "the source's own",
      help: 'published order of the tags',
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
      help: 'samples per segment, for networks that accept any length',
    },
    eps: { kind: 'number', minimum: 0, otherwise: "the source's", help: 'epsilon of the norms, added to the variance' },
    reversed: {
      kind: 'flag',
      otherwise: 'true for Keras 1',
      help: 'filters are reversed in time, as Theano stores them',
    },
    same: {
      kind: 'choice',
      choices: ['left', 'right'],
      otherwise: 'left for Keras 1, otherwise right',
      help: 'side on which an even filter pads one sample more',
    },
    licence: { kind: 'text', otherwise: "the licence of the source's code", help: 'licence of the weights' },
    architecture: {
      kind: 'architecture',
      short: 'a',
      otherwise: 'as stated in the file',
      help: "architecture of a checkpoint with samplecnn's own tensor names that does not state it",
    },
    device,
    precision: { ...precision, only: 'api' },
    threads,
    ...terminal,
  },
}
