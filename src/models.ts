/** The internal parts of a Model, for functions that receive a Model. */

import type { NativeModel } from '#native'

import { SampleCnnError } from './error.js'

/** The internal parts of a Model. */
export interface ModelParts {
  readonly native: NativeModel
  /** The file from which it was read; null for a model made in memory. */
  readonly file: string | null
  /** The settings with which it computes. */
  readonly settings: Readonly<{ device: string; threads: number; precision: string }>
  readonly disposed: () => boolean
}

const models = new WeakMap<object, ModelParts>()

/** Registers `model`. */
export function register(model: object, parts: ModelParts): void {
  models.set(model, parts)
}

/** Whether `value` is a Model. */
export function isModel(value: unknown): value is object {
  return typeof value === 'object' && value !== null && models.has(value)
}

/**
 * The internal parts of a Model.
 *
 * @throws {SampleCnnError} `ERR_DISPOSED`.
 */
export function partsOf(model: object): ModelParts {
  const parts = models.get(model)
  if (parts === undefined || parts.disposed()) {
    throw new SampleCnnError('ERR_DISPOSED', 'the model has been disposed: load it again')
  }
  return parts
}
