/** Options that occur in several verbs with the same meaning. */

import { limits } from './limits.js'
import type { Option, Table } from './table.js'

/** `--device`. */
export const device: Option = {
  kind: 'device',
  default: 'auto',
  help: 'where to compute; auto is the first usable GPU, or else the CPU',
}

/** The model of a verb, as an argument on the command line. */
export const modelArgument = {
  kind: 'model',
  defaultModel: true,
  positional: true,
  placeholder: 'MODEL',
  help: 'the model: a file, an installed model package, or hf:USER/REPO[/FILE][@REVISION]',
} as const

/** `--model`. */
export const model: Option = { kind: 'model', defaultModel: true, short: 'm', help: modelArgument.help }

/** A number of threads. */
export const threadCount = { kind: 'integer', minimum: 1, maximum: limits.mostThreads } as const

/** A sampling rate in Hz, of an architecture or of audio. */
export const samplingRate = { minimum: limits.lowestSamplingRate, maximum: limits.highestSamplingRate } as const

/** `--threads`. */
export const threads: Option = {
  ...threadCount,
  otherwise: 'one per physical core',
  help: 'number of threads that compute the network',
}

/** `--precision`, of inference. */
export const precision: Option = {
  kind: 'choice',
  choices: ['f32', 'tf32', 'bf16', 'fixed14', 'int8'],
  default: 'f32',
  help: 'arithmetic precision: f32; tf32 or bf16 on a GPU, fixed14 or int8 on the CPU (faster, less exact)',
}

/** `--precision`, of training. */
export const trainingPrecision: Option = {
  kind: 'choice',
  choices: ['f32', 'tf32', 'bf16'],
  default: 'f32',
  help: 'arithmetic precision: f32; bf16 on a GPU or a CPU with AVX-512 BF16, tf32 on a GPU (faster, less exact)',
}

/** `--seed`. */
export const seed: Option = {
  kind: 'integer',
  minimum: 0,
  default: 0,
  help: 'seed of everything random: initial weights, order of the segments, dropout, a drawn split',
}

/** `--bootstrap`. */
export const bootstrap = {
  kind: 'integer',
  minimum: 0,
  maximum: 100_000,
  default: 1000,
  help: 'draws of the bootstrap over clips that gives the 95 % intervals of the metrics; 0 for no intervals',
} as const

/** `--cache`. */
export const cache: Option = {
  kind: 'path',
  placeholder: 'DIR',
  otherwise: "the user's cache folder",
  help: 'folder of prepared (decoded and resampled) datasets',
}

/** `--dataset KIND --root DIR`, or `--manifest FILE`. */
export const dataset: Option = { kind: 'dataset', required: true, help: 'the clips and their tags' }

/** `--segments`, without its default. */
export const segments = {
  kind: 'segments',
  minimum: 1,
  help: 'segments of each clip to use: all (no overlap), N of them, evenly spread, or N that may overlap',
} as const

/** `--epochs`, without the text for a missing value. */
export const epochs = {
  kind: 'integer',
  minimum: 1,
  help: 'maximum number of epochs, over all stages',
} as const

/** `--top`, without the text for a missing value. */
export const top = { kind: 'integer', minimum: 1, help: 'number of tags to keep, best first' } as const

/** `--threshold`. */
export const threshold: Option = {
  kind: 'number',
  minimum: 0,
  maximum: 1,
  otherwise: 'none',
  help: 'lowest score of the tags to keep',
}

/** `--batch-size`, without its default and help. */
export const batchSize = { kind: 'integer', minimum: 1, maximum: 4096 } as const

/** `--force`, of verbs that write to a path given by the user. */
export const force: Option = {
  kind: 'flag',
  default: false,
  help: 'replace existing files that samplecnn did not write',
}

/** The seconds of a clip of MagnaTagATune that are used, as text. */
export const mtatSeconds = (limits.mtatSamples / limits.mtatSamplingRate).toFixed(2)

/** `--clip-seconds`. */
export const clipSeconds: Option = {
  kind: 'number',
  above: 0,
  otherwise: `the whole clip; for mtat ${mtatSeconds}`,
  help: 'seconds of each clip to use, from its start',
}

/** `--calibrated`. */
export const calibrated = {
  kind: 'flag',
  default: false,
  help:
    'map the scores to probabilities by the calibration of the model, ' +
    'which its training fitted on validation clips',
} as const

/** `--across-segments` of scores, without its default. */
export const acrossSegments = {
  kind: 'choice',
  choices: ['mean', 'max'],
  help: 'reduction of the scores over the segments of a clip, in the evaluation; tag always takes the mean',
} as const

/** `--task`, without its default. */
export const task = {
  kind: 'choice',
  choices: ['multi-label', 'single-label'],
  help: 'whether a clip has any number of tags or exactly one',
} as const

/** `--initialisation`. */
export const initialisation: Option = {
  kind: 'choice',
  choices: ['keras-1.1', 'keras-2.0.5', 'sampleaudio', 'he', 'torch', 'xavier'],
  default: 'keras-1.1',
  help: 'weight initialisation scheme',
}

/** `--strict`. */
export const strict: Option = {
  kind: 'flag',
  default: false,
  help: 'fail (ERR_DATASET) if a clip cannot be used or is damaged, instead of leaving it out',
}

/** Options of the command line only: the form of the output. */
export const terminal: Table = {
  json: {
    kind: 'flag',
    only: 'cli',
    default: false,
    help: 'print one JSON record per line on stdout, instead of text for people',
  },
  quiet: { kind: 'flag', only: 'cli', default: false, short: 'q', help: 'do not print progress and notices' },
}
