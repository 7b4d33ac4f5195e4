/** Train and run SampleCNN music taggers: raw audio in, tags out. */

export type {
  Architecture,
  BasicBlock,
  Block,
  ConvHead,
  ConvStem,
  DenseHead,
  Head,
  MelStem,
  Norm,
  ResBlock,
  SeBlock,
  Stem,
} from './src/architecture.js'
export type { AudioInput } from './src/audio-input.js'
export { type ErrorCode, errorCodes, type WarningCode, warningCodes } from './src/codes.js'
export type { Dataset, DatasetSelection } from './src/dataset.js'
export { listCache, pruneCache } from './src/cache.js'
export { checkDataset } from './src/check-dataset.js'
export { compare } from './src/compare.js'
export { crossValidate } from './src/cross-validate.js'
export { decode, type Decoded } from './src/decode.js'
export { demo } from './src/demo.js'
export { distill } from './src/distill.js'
export { doctor } from './src/doctor.js'
export { embed } from './src/embed.js'
export { SampleCnnError } from './src/error.js'
export { evaluate } from './src/evaluate.js'
export { experiment } from './src/experiment.js'
export { draw, inspect, type Network } from './src/inspect.js'
export { type FileScores, Model } from './src/model.js'
export type { ExperimentName } from './src/options/experiments.js'
export type * from './src/options/interfaces.js'
export { prepare } from './src/prepare.js'
export type { Path } from './src/path.js'
export { resolveModel } from './src/resolve-model.js'
export type { Preset } from './src/presets.js'
export { learn } from './src/learn.js'
export { probe } from './src/probe.js'
export type * from './src/records/index.js'
export type { Paths } from './src/paths.js'
export { tag } from './src/tag.js'
export { type RepeatOptions, train } from './src/train.js'
export { version } from './src/version.js'
export { visualize, type VisualizeKind } from './src/visualize.js'
