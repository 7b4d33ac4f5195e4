import {
  device,
  force,
  initialisation,
  precision,
  samplingRate,
  seed,
  task,
  threads,
  threshold,
  top,
} from './recurring.js'
import { acrossSegments, levels, withinSegment } from './embed.js'
import type { Option, Verb } from './table.js'
import { tag } from './tag.js'

/** `Model.create`. */
export const createModel: Verb = {
  name: 'Model.create',
  summary: 'Create an untrained model',
  interface: 'CreateModelOptions',
  usage: '',
  examples: [],
  options: {
    architecture: { kind: 'architecture', required: true, help: 'the network' },
    tags: { kind: 'texts', required: true, help: 'names of the outputs, in order' },
    task: { ...task, default: 'multi-label' },
    initialisation,
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
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      otherwise: "the model's",
      help: 'sampling rate of the samples in Hz',
    },
    top: { ...top, otherwise: "every tag, in the model's order, or as the model's card says" },
    threshold,
    all: {
      kind: 'flag',
      excludes: ['top', 'threshold'],
      otherwise: "true, or false with top, with threshold, or for a model whose card has an output rule",
      help: "keep every tag, in the model's order",
    },
  },
}

/** `maxBytes`, of verbs that accept the content of a file. */
const maxBytes: Option = {
  kind: 'integer',
  minimum: 1,
  default: 512 * 1024 * 1024,
  help: 'largest content in bytes to hold in memory, for input that is not a path; larger content is refused',
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

/** `Model.embed`. */
export const embedSamples: Verb = {
  name: 'Model.embed',
  summary: 'Compute the embedding of audio in memory',
  interface: 'EmbedSamplesOptions',
  abortable: true,
  usage: '',
  examples: [],
  options: {
    samplingRate: tagSamples.options['samplingRate']!,
    levels,
    withinSegment,
    acrossSegments,
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
    samplingRate: {
      kind: 'integer',
      ...samplingRate,
      otherwise: "the audio's own",
      help: 'sampling rate of the samples in Hz',
    },
    maxBytes,
  },
}
