import {
  acrossSegments,
  batchSize,
  bootstrap,
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
import { protocolNames } from './protocols.js'
import type { Table, Verb } from './table.js'

/** The options of every verb that trains a network. The defaults are the protocol of the paper. */
export const training: Table = {
  task: { ...task, otherwise: 'single-label for folders, gtzan, fma, esc50 and tagtraum, otherwise multi-label' },
  segments: { ...segments, default: 'all', ofProtocol: true },
  acrossSegments: { ...acrossSegments, default: 'mean', ofProtocol: true },
  randomCrops: {
    kind: 'integer',
    minimum: 1,
    maximum: 1000,
    otherwise: 'none',
    help:
      'train on N segments at random places of each clip, drawn anew in each epoch; ' +
      'segments then applies to validation and test only',
  },
  augment: {
    kind: 'texts',
    placeholder: 'CHANGE,...',
    otherwise: 'none',
    help:
      'random changes of the training segments: NAME:PROBABILITY:FROM..TO, such as noise:0.3:20..40; names: ' +
      'polarity, gain (dB), noise (dB below the signal), high-pass and low-pass (Hz), delay (ms), mixup (alpha)',
  },
  clipSeconds,
  batchSize: { ...batchSize, default: 23, ofProtocol: true, help: 'segments in one step' },
  accumulate: {
    kind: 'integer',
    minimum: 1,
    default: 1,
    ofProtocol: true,
    help: 'number of batches whose gradients make one update; equals one large batch, except in norms',
  },
  optimiser: {
    kind: 'choice',
    choices: ['sgd-nesterov', 'adam', 'adamw'],
    default: 'sgd-nesterov',
    ofProtocol: true,
    help: 'how gradients change the weights: SGD with Nesterov momentum, Adam, or Adam with decoupled weight decay',
  },
  schedule: {
    kind: 'choice',
    choices: ['staged', 'plateau', 'cosine', 'constant'],
    default: 'staged',
    ofProtocol: true,
    help:
      'how the learning rate changes: in stages that begin with the best weights; by a factor on a plateau of the ' +
      'validation loss; along a cosine over the epochs; or not at all',
  },
  epochs: { ...epochs, otherwise: 'no limit' },
  learningRates: {
    kind: 'numbers',
    above: 0,
    default: [0.01, 0.002, 0.0004, 0.00008, 0.000016],
    ofProtocol: true,
    help:
      'learning rate of each stage; one rate for other schedules than staged (0.01 if none is given); ' +
      'the defaults for adam and adamw are a tenth',
  },
  patience: {
    kind: 'integer',
    minimum: 1,
    default: 4,
    ofProtocol: true,
    help:
      'number of consecutive epochs without a new minimum of the validation loss after which a stage ends, or ' +
      'with the schedule plateau the learning rate is reduced',
  },
  stageEpochs: {
    kind: 'integer',
    minimum: 1,
    otherwise: 'no limit',
    help: 'largest number of epochs of each stage of the schedule staged',
  },
  plateauFactor: {
    kind: 'number',
    above: 0,
    below: 1,
    default: 0.2,
    ofProtocol: true,
    help: 'factor by which the schedule plateau reduces the learning rate',
  },
  minimumRate: {
    kind: 'number',
    minimum: 0,
    otherwise: '1e-7 for plateau, 0 for cosine',
    help: 'learning rate below which the schedule plateau ends, or to which the schedule cosine falls',
  },
  warmupEpochs: {
    kind: 'integer',
    minimum: 1,
    otherwise: 'no warm-up',
    excludes: ['warmupUpdates'],
    help: 'number of epochs at the start during which the learning rate rises linearly to its first value',
  },
  warmupUpdates: {
    kind: 'integer',
    minimum: 1,
    otherwise: 'no warm-up',
    help: 'the same as a number of updates',
  },
  momentum: {
    kind: 'number',
    minimum: 0,
    below: 1,
    default: 0.9,
    ofProtocol: true,
    help: 'Nesterov momentum of sgd-nesterov',
  },
  weightDecay: {
    kind: 'number',
    minimum: 0,
    default: 0,
    ofProtocol: true,
    help: 'coefficient of the L2 penalty in every gradient; of the decoupled weight decay for adamw',
  },
  maxGradientNorm: {
    kind: 'number',
    above: 0,
    otherwise: 'no limit',
    help: 'largest norm of the whole gradient; a longer gradient is scaled down to it',
  },
  classWeights: {
    kind: 'weights',
    otherwise: '1 for every tag',
    help:
      'weights in the training loss, of the positives of each tag, or of the clips of each class if single-label; ' +
      'balanced: from the numbers of clips',
  },
  labelSmoothing: {
    kind: 'number',
    minimum: 0,
    below: 1,
    default: 0,
    ofProtocol: true,
    help: 'share of every target in the training loss that is divided equally among the possible answers',
  },
  decay: {
    kind: 'number',
    minimum: 0,
    default: 1e-6,
    ofProtocol: true,
    help: 'learning rate decay of the schedule staged: update t of a stage uses its learning rate / (1 + decay t)',
  },
  best: {
    kind: 'choice',
    choices: ['last-stage', 'all-stages', 'last'],
    default: 'last-stage',
    ofProtocol: true,
    help:
      'which weights to keep: those with the lowest validation loss of the last stage, or of all stages, or those of ' +
      'the last epoch',
  },
  initialisation: { ...initialisation, ofProtocol: true },
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
  usage: '--dataset KIND --root DIR -o DIR [options]',
  examples: [
    'train --dataset mtat --root MagnaTagATune -o runs/mtat',
    'train --manifest songs.csv --architecture 3^7@8000 --epochs 20 -o runs/songs',
    'train --manifest songs.csv --protocol sota-benchmark --architecture minzwon -o runs/benchmark',
    'train --manifest songs.csv --optimiser adamw --schedule cosine --epochs 50 --warmup-epochs 2 -o runs/cosine',
    'train --manifest songs.csv -o runs/songs --resume',
    'train --manifest songs.csv --from runs/mtat/best.safetensors --freeze all-but-head -o runs/songs',
    'train --dataset esc50 --root ESC-50-master --folds all -o runs/esc50',
    'train --manifest songs.csv -o runs/songs --seeds 5',
    'train --config runs/songs/config.json -o runs/again',
  ],
  notes: 'Protocols, optimisers and schedules: docs/training.md.',
  options: {
    dataset,
    config: {
      kind: 'path',
      only: 'cli',
      otherwise: 'none',
      help:
        'the config.json of a run: trains with all its options, on the same device and with as many threads; ' +
        'an option that is given as well replaces its value',
    },
    folds: {
      kind: 'choice',
      choices: ['all'],
      only: 'cli',
      otherwise: 'one training',
      help: 'cross-validation: one training per fold, with a table of the mean and deviation of their results',
    },
    architecture: {
      kind: 'architecture',
      otherwise: 'that of the model in from, or else 3^9',
      short: 'a',
      help: 'the network',
    },
    protocol: {
      kind: 'protocol',
      choices: protocolNames,
      default: 'kaist-2018',
      help:
        `named set of options: ${protocolNames.join(', ')}, or a file of your own; ` +
        'options that are given win over it',
    },
    out: { kind: 'path', required: true, short: 'o', placeholder: 'DIR', help: 'the run folder' },
    resume: {
      kind: 'flag',
      default: false,
      excludes: ['force'],
      help: 'resume the run in the folder; the other options must be the same',
    },
    force: { kind: 'flag', default: false, help: 'replace the run in the folder; files that no run wrote are kept' },
    ...training,
    from: {
      kind: 'modelFile',
      otherwise: 'none, the weights are drawn',
      help: 'model whose weights the training starts from; with other tags than the dataset it gets a new head',
    },
    freeze: {
      kind: 'freeze',
      minimum: 1,
      otherwise: 'nothing',
      needs: 'from',
      help: 'part that keeps the weights of the model: the first N blocks with the stem, or all but the head',
    },
    frozenNorms: {
      kind: 'choice',
      choices: ['running', 'updated'],
      default: 'running',
      needs: 'freeze',
      help:
        'statistics of the norms of frozen blocks: the running ones, which stay, ' +
        'or those of the batch, which update them',
    },
    fixedNorms: {
      kind: 'flag',
      default: false,
      needs: 'from',
      help:
        'all norms compute with the running statistics of the model, which stay as they are, also in blocks that are ' +
        'trained; without it, trained blocks use those of the batch',
    },
    layerDecay: {
      kind: 'number',
      above: 0,
      maximum: 1,
      default: 1,
      help: 'factor of the learning rate per block away from the head, which learns at the full rate',
    },
    seed,
    seeds: {
      kind: 'integer',
      minimum: 2,
      maximum: 100,
      otherwise: 'one run',
      help:
        'number of runs with the seeds seed, seed + 1 and so on, in the folders seed-N of the run folder, ' +
        'and a summary with mean, deviation and intervals; the split is that of the first seed',
    },
    splitSeed: { kind: 'integer', minimum: 0, otherwise: 'the seed', help: 'seed of a drawn split' },
    device,
    precision: trainingPrecision,
    threads,
    cache,
    strict,
    checksum: {
      kind: 'text',
      otherwise: 'none, or that of config',
      help: 'checksum of the dataset as in config.json; other data are refused (ERR_DATASET)',
    },
    bootstrap,
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
