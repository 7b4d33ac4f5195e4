/** What belongs to a Model, for those who are handed one. */

import type { NativeModel } from '#native'

import { SampleCnnError } from './error.js'

/** The inside of a Model. */
export interface ModelParts {
  readonly native: NativeModel
  /** The file it was read from; null for one that was made in memory. */
  readonly file: string | null
  /** How it computes. */
  readonly settings: Readonly<{ device: string; threads: number; precision: string }>
  readonly disposed: () => boolean
}

const models = new WeakMap<object, ModelParts>()

/** Makes `model` known. */
export function register(model: object, parts: ModelParts): void {
  models.set(model, parts)
}

/** Whether `value` is a Model. */
export function isModel(value: unknown): value is object {
  return typeof value === 'object' && value !== null && models.has(value)
}

/**
 * The inside of a Model.
 *
 * @throws {SampleCnnError} `ERR_DISPOSED`.
 */
export function partsOf(model: object): ModelParts {
  const parts = models.get(model)
  if (parts === undefined || parts.disposed()) {
    throw new SampleCnnError('ERR_DISPOSED', 'the model was disposed of: load it again')
  }
  return parts
}
