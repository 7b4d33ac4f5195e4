// The trainings of docs/accuracy.md. All have a fixed number of epochs, a learning rate that falls along half a cosine
// wave, batches of 23 segments, weights by the He scheme, running statistics with a momentum of 0.1, and the weights of
// the last epoch as the result: so validation decides nothing.

/** What all trainings have in common, as options of `train`. */
export const common = {
  schedule: 'cosine',
  batchSize: 23,
  initialisation: 'he',
  normMomentum: 0.1,
  best: 'last',
}

const both = ['samplecnn', 'pytorch']
const sgd = { optimiser: 'sgd-nesterov', learningRate: 0.01 }
const gmMtat = { dataset: 'gm-mtat', ...sgd, epochs: 6, randomCrops: 2, segments: 4, clipSeconds: 29, programs: both }
const esc10 = {
  dataset: 'esc10',
  architecture: '3^6@4000',
  ...sgd,
  epochs: 30,
  randomCrops: 1,
  segments: 'all',
  programs: both,
  folds: [1, 2, 3, 4, 5],
}
const fsdd = {
  dataset: 'fsdd',
  architecture: '3^6@4000',
  ...sgd,
  epochs: 8,
  randomCrops: null,
  segments: 'all',
  programs: both,
}
const fsddAdam = { ...fsdd, optimiser: 'adam', learningRate: 0.001 }
/** The network of the default model, and its weights: see docs/default-model.md. */
const fromDefault = { ...esc10, architecture: 'default model', epochs: 15, programs: ['samplecnn'] }

/**
 * The cases by name. `architecture` is a preset, or the network of the default model; `folds` are the test folds, one
 * training for each; `seeds` says which seeds belong to the tables, `against` with which other case of samplecnn a case
 * is compared.
 */
export const cases = {
  'gm-mtat-rate-8000': { ...gmMtat, architecture: 'rate:8000', seeds: [1, 2, 3] },
  esc10: { ...esc10, seeds: [1, 2, 3] },
  'gm-mtat-3^9': { ...gmMtat, architecture: '3^9', epochs: 3, seeds: [1, 2, 3] },
  'fsdd-adam': { ...fsddAdam, seeds: [1, 2, 3] },
  fsdd: { ...fsdd, seeds: [1, 2, 3] },
  'esc10-augmented': {
    ...esc10,
    augment: ['polarity:0.5', 'gain:0.5:-12..6', 'noise:0.3:20..50', 'mixup:0.5:0.4'],
    programs: ['samplecnn'],
    seeds: [1, 2, 3],
    against: 'esc10',
  },
  'esc10-bf16': { ...esc10, precision: 'bf16', programs: ['samplecnn'], seeds: [1, 2, 3], against: 'esc10' },
  'fsdd-adam-bf16': { ...fsddAdam, precision: 'bf16', programs: ['samplecnn'], seeds: [1, 2, 3], against: 'fsdd-adam' },
  'esc10-scratch': { ...fromDefault, seeds: [1] },
  'esc10-fine-tuned': { ...fromDefault, from: true, seeds: [1], against: 'esc10-scratch' },
  'esc10-head-alone': { ...fromDefault, from: true, freeze: 'all-but-head', seeds: [1], against: 'esc10-scratch' },
}

/** The trainings of a case: a program, a seed and a fold each, seeds first. */
export function trainingsOf(name) {
  const { seeds, folds = [null], programs } = cases[name]
  return seeds.flatMap(seed => folds.flatMap(fold => programs.map(program => ({ name, program, seed, fold }))))
}
