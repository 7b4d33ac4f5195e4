/** Options that recur in several verbs and mean the same in each. */

import type { Option, Table } from './table.js'

/** `--device`. */
export const device: Option = {
  kind: 'device',
  default: 'auto',
  help: 'where to compute; auto takes the first usable GPU, else the CPU',
}

/** Any number of threads. The largest is the engine's. */
export const threadCount = { kind: 'integer', minimum: 1, maximum: 1024 } as const

/** A sampling rate in Hz: what an architecture may hear and a file may have. */
export const samplingRate = { minimum: 100, maximum: 768_000 } as const

/** `--threads`. */
export const threads: Option = {
  ...threadCount,
  otherwise: 'all physical cores',
  help: 'threads of the network',
}

/** `--precision`, of inference. */
export const precision: Option = {
  kind: 'choice',
  choices: ['f32', 'tf32', 'bf16', 'fixed14', 'int8'],
  placeholder: 'f32|tf32|bf16|fixed14|int8',
  default: 'f32',
  help: 'numbers that the network multiplies: f32; on a GPU tf32 or bf16, on the CPU fixed14 or int8 (faster, less exact)',
}

/** `--precision`, of training. */
export const trainingPrecision: Option = {
  kind: 'choice',
  choices: ['f32', 'tf32', 'bf16'],
  placeholder: 'f32|tf32|bf16',
  default: 'f32',
  help: 'numbers that the network multiplies: f32; on a GPU also tf32 or bf16 (faster, less exact)',
}

/** `--seed`. */
export const seed: Option = {
  kind: 'integer',
  minimum: 0,
  default: 0,
  help: 'seed of everything random: first parameters, order, dropout, a split that is drawn',
}

/** `--cache`. */
export const cache: Option = {
  kind: 'path',
  placeholder: 'DIR',
  otherwise: "the user's cache folder",
  help: 'folder of the prepared (decoded and resampled) data sets',
}

/** `--dataset KIND --root DIR`, or `--manifest FILE`. */
export const dataset: Option = { kind: 'dataset', required: true, help: 'the clips and their tags' }

/** `--segments`, of a data set's clips. */
export const segments: Option = {
  kind: 'segments',
  default: 'all',
  help: 'segments of each clip: all, or N evenly spread',
}

/** `--batch-size`, but for its default and what it is of. */
export const batchSize = { kind: 'integer', minimum: 1, maximum: 4096 } as const

/** `--force`, of a verb that writes a file which the user names. */
export const force: Option = {
  kind: 'flag',
  default: false,
  help: 'replace files that are there already and that samplecnn did not write',
}

/** `--clip-seconds`. */
export const clipSeconds: Option = {
  kind: 'number',
  above: 0,
  otherwise: 'all; of mtat 29.05',
  help: 'seconds of each clip that are used, from its start',
}

/** `--task`. */
export const task: Option = {
  kind: 'choice',
  choices: ['multi-label', 'single-label'],
  otherwise: 'single-label for folders and gtzan, else multi-label',
  help: 'whether a clip has any number of tags or exactly one',
}

/** `--strict`. */
export const strict: Option = {
  kind: 'flag',
  default: false,
  help: 'fail (ERR_DATASET) where a clip cannot be used or is damaged, instead of leaving it out',
}

/** Options of the command line alone: how a command talks. */
export const terminal: Table = {
  json: {
    kind: 'flag',
    only: 'cli',
    default: false,
    help: 'print one JSON record a line on stdout instead of text for people',
  },
  quiet: { kind: 'flag', only: 'cli', default: false, short: 'q', help: 'print no progress and no notices' },
}
