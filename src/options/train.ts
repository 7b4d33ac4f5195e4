import {
  batchSize,
  cache,
  clipSeconds,
  dataset,
  device,
  epochs,
  initialisation,
  seed,
  segments,
  strict,
  task,
  terminal,
  threads,
  trainingPrecision,
} from './recurring.js'
import { limits } from './limits.js'
import type { Table, Verb } from './table.js'

/** The options of every verb that trains a network. The defaults are the protocol of the paper. */
export const training: Table = {
  task: { ...task, otherwise: 'single-label for folders, gtzan, fma, esc50 and tagtraum, otherwise multi-label' },
  segments: { ...segments, default: 'all' },
  clipSeconds,
  batchSize: { ...batchSize, default: 23, help: 'segments in one step' },
  epochs: { ...epochs, otherwise: 'no limit' },
  learningRates: {
    kind: 'numbers',
    above: 0,
    default: [0.01, 0.002, 0.0004, 0.00008, 0.000016],
    help: 'learning rate of each stage; a stage starts from the best weights of the previous one',
  },
  patience: {
    kind: 'integer',
    minimum: 1,
    default: 4,
    help: 'number of consecutive epochs without a new minimum of the validation loss after which a stage ends',
  },
  momentum: { kind: 'number', minimum: 0, below: 1, default: 0.9, help: 'Nesterov momentum' },
  weightDecay: { kind: 'number', minimum: 0, default: 0, help: 'coefficient of the L2 penalty in every gradient' },
  decay: {
    kind: 'number',
    minimum: 0,
    default: 1e-6,
    help: 'learning rate decay: update t of a stage uses its learning rate / (1 + decay t)',
  },
  best: {
    kind: 'choice',
    choices: ['last-stage', 'all-stages'],
    default: 'last-stage',
    help: 'which weights to keep: those with the lowest validation loss of the last stage, or of all stages',
  },
  initialisation,
  normMomentum: {
    kind: 'number',
    minimum: 0,
    maximum: 1,
    otherwise:
      `the architecture's (${limits.presetNormMomentum} for presets), but ${limits.fastNormMomentum} instead of ` +
      `${limits.presetNormMomentum} if an epoch has fewer than ${limits.settlingUpdates} updates`,
    help: 'weight of the current batch in the running statistics of the norms',
  },
}

/** `train`. */
export const train: Verb = {
  name: 'train',
  summary: 'Train a network on a dataset, into a run folder',
  interface: 'TrainOptions',
  events: 'TrainEvent',
  abortable: true,
  usage: '--dataset KIND --root DIR -o RUN [options]',
  examples: [
    'train --dataset mtat --root MagnaTagATune -o runs/mtat',
    'train --manifest songs.csv --architecture 3^7@8000 --epochs 20 -o runs/songs',
    'train --manifest songs.csv -o runs/songs --resume',
    'train --dataset esc50 --root ESC-50-master --folds all -o runs/esc50',
  ],
  options: {
    dataset,
    folds: {
      kind: 'choice',
      choices: ['all'],
      only: 'cli',
      otherwise: 'one training',
      help: 'cross-validation: one training per fold, with a table of the mean and deviation of their results',
    },
    architecture: { kind: 'architecture', default: '3^9', short: 'a', help: 'the network' },
    out: { kind: 'path', required: true, short: 'o', placeholder: 'DIR', help: 'the run folder' },
    resume: {
      kind: 'flag',
      default: false,
      excludes: ['force'],
      help: 'resume the run in the folder; the other options must be the same',
    },
    force: { kind: 'flag', default: false, help: 'replace the run in the folder; files that no run wrote are kept' },
    ...training,
    seed,
    device,
    precision: trainingPrecision,
    threads,
    cache,
    strict,
    checkpointSeconds: {
      kind: 'number',
      minimum: 0,
      maximum: 1e9,
      default: 120,
      help:
        'longest time between two checkpoints in seconds; ' +
        'one is also written after each epoch, on abort, SIGTERM and SIGHUP',
    },
    ...terminal,
  },
}

const { folds: _folds, ...trainingOfOneFold } = train.options

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
    ...trainingOfOneFold,
    out: { kind: 'path', required: true, short: 'o', placeholder: 'DIR', help: 'the folder of the runs and the table' },
  },
}
