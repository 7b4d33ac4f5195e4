import { device, force, precision, samplingRate, seed, threads } from './recurring.js'
import type { Option, Verb } from './table.js'
import { tag } from './tag.js'

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
  abortable: true,
  usage: '',
  examples: [],
  options: {
    samplingRate: { kind: 'integer', ...samplingRate, otherwise: "the model's", help: 'Hz of the samples' },
    top: {
      kind: 'integer',
      minimum: 1,
      otherwise: "every tag, in the model's order",
      help: 'how many tags to keep, best first',
    },
    threshold: { kind: 'number', minimum: 0, maximum: 1, otherwise: 'none', help: 'lowest score to keep' },
  },
}

/** Bytes of a file's content that are held in memory, where an option does not say. */
const maxBytes: Option = {
  kind: 'integer',
  minimum: 1,
  default: 512 * 1024 * 1024,
  help: 'bytes of what is not a path that are held in memory; more are refused',
}

/** `Model.tagFile`. */
export const tagFile: Verb = {
  name: 'Model.tagFile',
  summary: 'Tag one audio file, or the content of one',
  interface: 'TagFileOptions',
  abortable: true,
  usage: '',
  examples: [],
  options: {
    top: tag.options['top']!,
    threshold: tag.options['threshold']!,
    all: tag.options['all']!,
    segments: tag.options['segments']!,
    maxBytes,
  },
}

/** `decode`. */
export const decode: Verb = {
  name: 'decode',
  summary: 'Decode audio to mono samples',
  interface: 'DecodeOptions',
  abortable: true,
  usage: '',
  examples: [],
  options: {
    samplingRate: { kind: 'integer', ...samplingRate, otherwise: "the audio's own", help: 'Hz of the samples' },
    maxBytes,
  },
}
