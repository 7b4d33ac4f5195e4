import {
  batchSize,
  cache,
  clipSeconds,
  dataset,
  device,
  seed,
  segments,
  strict,
  task,
  terminal,
  threads,
  trainingPrecision,
} from './recurring.js'
import type { Table, Verb } from './table.js'

/** How a network is trained, wherever one is: the defaults are the paper's protocol. */
export const training: Table = {
  task,
  segments,
  clipSeconds,
  batchSize: { ...batchSize, default: 23, help: 'segments of one step' },
  epochs: {
    kind: 'integer',
    minimum: 1,
    otherwise: 'no cap',
    help: 'cap on the number of epochs of all stages together',
  },
  learningRates: {
    kind: 'numbers',
    above: 0,
    default: [0.01, 0.002, 0.0004, 0.00008, 0.000016],
    help: 'learning rate of each stage; a stage starts from the best weights of the one before',
  },
  patience: {
    kind: 'integer',
    minimum: 1,
    default: 4,
    help: 'epochs in a row without a new minimum of the validation loss that end a stage',
  },
  momentum: { kind: 'number', minimum: 0, below: 1, default: 0.9, help: 'Nesterov momentum' },
  weightDecay: { kind: 'number', minimum: 0, default: 0, help: 'L2 term added to every gradient' },
  decay: {
    kind: 'number',
    minimum: 0,
    default: 1e-6,
    help: 'inner decay: update t of a stage has its learning rate / (1 + decay t)',
  },
  best: {
    kind: 'choice',
    choices: ['last-stage', 'all-stages'],
    default: 'last-stage',
    help: 'which weights are the result: those of the lowest validation loss of the last stage, or of all',
  },
  initialisation: {
    kind: 'choice',
    choices: ['keras-1.1', 'keras-2.0.5', 'sampleaudio', 'he', 'torch', 'xavier'],
    default: 'keras-1.1',
    help: 'from which interval the first weights are drawn',
  },
  normMomentum: {
    kind: 'number',
    minimum: 0,
    maximum: 1,
    otherwise: "the architecture's (0.01 for presets), but 0.1 where an epoch has under 500 updates",
    help: 'weight of the new batch in the running statistics of the norms',
  },
}

/** `train`. */
export const train: Verb = {
  name: 'train',
  summary: 'Train a network on a data set, into a run folder',
  interface: 'TrainOptions',
  events: 'TrainEvent',
  abortable: true,
  usage: '--dataset KIND --root DIR -o RUN [options]',
  examples: [
    'train --dataset mtat --root MagnaTagATune -o runs/mtat',
    'train --manifest songs.csv --architecture 3^7@8000 --epochs 20 -o runs/songs',
    'train --manifest songs.csv -o runs/songs --resume',
  ],
  options: {
    dataset,
    architecture: { kind: 'architecture', default: '3^9', short: 'a', help: 'the network' },
    out: { kind: 'path', required: true, short: 'o', placeholder: 'DIR', help: 'the run folder' },
    resume: {
      kind: 'flag',
      default: false,
      excludes: ['force'],
      help: 'continue the run in the folder; the other options must agree with it',
    },
    force: { kind: 'flag', default: false, help: 'replace the run in the folder; files that no run wrote stay' },
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
      help: 'longest time between two checkpoints; there is one after each epoch, on abort and at SIGTERM or SIGHUP too',
    },
    ...terminal,
  },
}
