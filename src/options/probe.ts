import {
  batchSize,
  cache,
  clipSeconds,
  dataset,
  device,
  mtatSeconds,
  precision,
  seed,
  segments,
  task,
  terminal,
  threads,
} from './recurring.js'
import type { Verb } from './table.js'

/** The text for an option whose value the protocol sets. */
const ofProtocol = 'set by the protocol'

/** `probe`. */
export const probe: Verb = {
  name: 'probe',
  summary: 'Train a small classifier on the features of a dataset, and evaluate it on the test part',
  interface: 'ProbeOptions',
  events: 'ProbeEvent',
  abortable: true,
  usage: '[FEATURES|MODEL] --dataset KIND --root DIR -o DIR [options]',
  examples: [
    'probe features.npy --dataset gtzan --root GTZAN -o runs/probe',
    'probe features.npy --manifest songs.csv --hidden 0 -o runs/linear',
    'probe best.safetensors --dataset gtzan --root GTZAN --protocol kaist-gtzan --levels -3,-2,-1 -o runs/kaist',
  ],
  notes:
    'A folder that holds the finished probe of the same features, clips and options is not computed again. ' +
    'Protocols: docs/probe.md.',
  options: {
    source: {
      kind: 'model',
      defaultModel: true,
      positional: true,
      placeholder: 'FEATURES|MODEL',
      help: 'features as embed writes them (an .npy file beside a .jsonl file of the same name), or a model as for tag',
    },
    dataset,
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      placeholder: 'DIR',
      help: 'folder for the result, the classifier and the predictions',
    },
    force: {
      kind: 'flag',
      default: false,
      help: 'replace the probe in the folder; files that no probe wrote are kept',
    },
    protocol: {
      kind: 'choice',
      choices: ['adam', 'kaist-features', 'kaist-gtzan'],
      default: 'adam',
      help: 'the training protocol; each of the following options can change a part of it',
    },
    task: { ...task, otherwise: 'single-label for folders, gtzan, fma, esc50 and tagtraum, otherwise multi-label' },
    hidden: {
      kind: 'integers',
      minimum: 0,
      maximum: 65_536,
      otherwise: `${ofProtocol}: 4096,4096`,
      help: 'sizes of the hidden layers; 0 alone for a linear probe',
    },
    norm: {
      kind: 'choice',
      choices: ['none', 'batch'],
      otherwise: `${ofProtocol}: none`,
      help: 'normalisation before the ReLU of each hidden layer',
    },
    dropout: {
      kind: 'number',
      minimum: 0,
      below: 1,
      otherwise: `${ofProtocol}: 0.5, or 0 for kaist-features and kaist-gtzan`,
      help: 'share of the outputs of each hidden layer that a training step drops',
    },
    standardise: {
      kind: 'choice',
      choices: ['feature', 'global', 'none'],
      otherwise: `${ofProtocol}: feature; none for kaist-features; global for kaist-gtzan`,
      help: 'subtract the mean and divide by the deviation of the training clips, per feature or one for all',
    },
    optimiser: {
      kind: 'choice',
      choices: ['adam', 'sgd'],
      otherwise: `${ofProtocol}: adam, or sgd for kaist-features and kaist-gtzan`,
      help: 'adam, or stochastic gradient descent with Nesterov momentum 0.9',
    },
    learningRate: {
      kind: 'number',
      above: 0,
      otherwise: `${ofProtocol}: 0.001; 0.0004 for kaist-features; 0.01 for kaist-gtzan`,
      help: 'the first learning rate',
    },
    decay: {
      kind: 'number',
      minimum: 0,
      otherwise: `${ofProtocol}: 0, or 0.000001 for kaist-features and kaist-gtzan`,
      help: 'learning rate decay: update t uses the learning rate / (1 + decay t)',
    },
    batchSize: {
      ...batchSize,
      otherwise: `${ofProtocol}: 128; 23 for kaist-features; 16 for kaist-gtzan`,
      help: 'clips in one step',
    },
    plateau: {
      kind: 'integer',
      minimum: 0,
      otherwise: `${ofProtocol}: 3, or 0 for kaist-features and kaist-gtzan`,
      help:
        'number of consecutive epochs without a new minimum of the validation loss after which the learning rate is ' +
        'multiplied by 0.2; 0: never',
    },
    patience: {
      kind: 'integer',
      minimum: 1,
      otherwise: `${ofProtocol}: 10; 5 for kaist-features; 8 for kaist-gtzan`,
      help: 'number of consecutive epochs without a new minimum of the validation loss after which the training ends',
    },
    epochs: { kind: 'integer', minimum: 1, default: 200, help: 'maximum number of epochs' },
    seeds: {
      kind: 'integer',
      minimum: 1,
      maximum: 1000,
      otherwise: `${ofProtocol}: 1, or 10 for kaist-gtzan`,
      help: 'number of trainings, with the seeds from --seed on; the result is their mean and deviation',
    },
    seed,
    levels: {
      kind: 'integers',
      maximum: -1,
      otherwise: '-1, or those of the features file',
      help: 'hidden layers of the model whose outputs are the features, as in embed; joined in this order',
    },
    segments: {
      ...segments,
      otherwise: "overlapping ones over 30 s for kaist-features and kaist-gtzan; otherwise the training's, or else all",
    },
    clipSeconds: {
      ...clipSeconds,
      otherwise: `the training's, or else the whole clip; for mtat ${mtatSeconds}`,
    },
    device,
    precision,
    threads,
    cache,
    ...terminal,
  },
}
