import { device, force, precision, samplingRate, seed, threads } from './recurring.js'
import type { Verb } from './table.js'

/** `Model.create`. */
export const createModel: Verb = {
  name: 'Model.create',
  summary: 'Make an untrained model',
  interface: 'CreateModelOptions',
  usage: '',
  examples: [],
  options: {
    architecture: { kind: 'architecture', required: true, help: 'the network' },
    tags: { kind: 'texts', required: true, help: 'names of the outputs, in their order' },
    task: {
      kind: 'choice',
      choices: ['multi-label', 'single-label'],
      default: 'multi-label',
      help: 'whether a clip has any number of tags or exactly one',
    },
    initialisation: {
      kind: 'choice',
      choices: ['keras-1.1', 'keras-2.0.5', 'sampleaudio', 'he', 'torch', 'xavier'],
      default: 'keras-1.1',
      help: 'from which interval the first weights are drawn',
    },
    seed,
    device,
    precision,
    threads,
  },
}

/** `Model.load`. */
export const loadModel: Verb = {
  name: 'Model.load',
  summary: 'Read a model file',
  interface: 'LoadModelOptions',
  usage: '',
  examples: [],
  options: { device, precision, threads },
}

/** `Model.save`. */
export const saveModel: Verb = {
  name: 'Model.save',
  summary: 'Write the model file',
  interface: 'SaveModelOptions',
  usage: '',
  examples: [],
  options: { force },
}

/** `Model.tag`. */
export const tagSamples: Verb = {
  name: 'Model.tag',
  summary: 'Tag audio in memory',
  interface: 'TagSamplesOptions',
  usage: '',
  examples: [],
  options: {
    samplingRate: { kind: 'integer', ...samplingRate, otherwise: "the model's", help: 'Hz of the samples' },
  },
}
