import { resolve } from 'node:path'

import type { NativeModel } from '#native'

import type { Architecture } from './architecture.js'
import { fromNative, SampleCnnError } from './error.js'
import { native } from './native.js'
import { exportModel as exportVerb } from './options/export.js'
import { importModel as importVerb } from './options/import.js'
import type {
  CreateModelOptions,
  ExportOptions,
  ImportOptions,
  LoadModelOptions,
  SaveModelOptions,
  TagSamplesOptions,
} from './options/interfaces.js'
import { createModel, loadModel, saveModel, tagSamples } from './options/model.js'
import { checkPath } from './options/path.js'
import { show, validate } from './options/validate.js'
import type { TagScore } from './records/index.js'

/** The scores of audio in memory. */
export interface Scores {
  /** Seconds. */
  readonly duration: number
  /** Segments behind the mean. */
  readonly segments: number
  /** Whether the audio was shorter than a segment and padded with zeros. */
  readonly short: boolean
  /** Every tag, in the model's order. */
  readonly tags: readonly TagScore[]
}

/** What a model is, besides its numbers. */
interface Facts {
  readonly architecture: Architecture
  readonly tags: readonly string[]
  readonly task: 'multi-label' | 'single-label'
  readonly samplingRate: number
  readonly licence: string | null
  readonly training: unknown
}

/**
 * A model in memory. Its calls run one after the other on a thread of its own, and never block the event loop.
 *
 * @example
 * ```ts
 * await using model = await Model.load('runs/mtat/best.safetensors')
 * const { tags } = await model.tag(samples, { samplingRate: 44100 })
 * ```
 */
export class Model implements AsyncDisposable {
  readonly #native: NativeModel
  readonly #facts: Facts
  /** Fulfilled when all that the model had is given back; null until `dispose` was called. */
  #ended: Promise<void> | null = null

  private constructor(model: NativeModel) {
    this.#native = model
    this.#facts = JSON.parse(model.facts()) as Facts
  }

  /**
   * Reads a model file.
   *
   * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_VERSION`.
   */
  static async load(path: string, options: LoadModelOptions = {}): Promise<Model> {
    checkPath('Model.load: path', path)
    const { request } = validate<never>(loadModel, options)
    return new Model(await coded(() => native().NativeModel.load(resolve(path), JSON.stringify(request))))
  }

  /**
   * Makes an untrained model. The same seed gives the same parameters.
   *
   * @throws {SampleCnnError} `ERR_INVALID_OPTION`.
   */
  static async create(options: CreateModelOptions): Promise<Model> {
    const { request } = validate<never>(createModel, options)
    return new Model(await coded(() => native().NativeModel.create(JSON.stringify(request))))
  }

  /**
   * Reads a checkpoint that another program wrote: PyTorch (zip or legacy), Keras HDF5, safetensors. Whose network it is is
   * recognised by the names of its tensors; nothing in the file is executed. What was assumed is in `training`.
   *
   * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_MODEL_FORMAT` for a damaged file, naming offset or tensor;
   * `ERR_CHECKPOINT_MISMATCH` for one that fits no network, tensor by tensor.
   */
  static async import(path: string, options: ImportOptions = {}): Promise<Model> {
    checkPath('Model.import: path', path)
    const { request } = validate<never>(importVerb, options)
    return new Model(await coded(() => native().NativeModel.import(resolve(path), JSON.stringify(request))))
  }

  /** The network. */
  get architecture(): Architecture {
    return this.#facts.architecture
  }

  /** Names of the outputs, in their order. */
  get tags(): readonly string[] {
    return this.#facts.tags
  }

  /** Whether a clip has any number of tags or exactly one. */
  get task(): 'multi-label' | 'single-label' {
    return this.#facts.task
  }

  /** Hz of the waveform the network hears; other rates are resampled. */
  get samplingRate(): number {
    return this.#facts.samplingRate
  }

  /** Licence of the weights; null where it is not known. */
  get licence(): string | null {
    return this.#facts.licence
  }

  /** What is known about the training; null for none. */
  get training(): unknown {
    return this.#facts.training
  }

  /** Whether `dispose` was called. */
  get disposed(): boolean {
    return this.#ended !== null
  }

  /**
   * Writes the model file, atomically. Another model file is replaced; a file of others only with `force`, the checkpoint that the
   * model was imported from never.
   *
   * @throws {SampleCnnError} `ERR_OUTPUT`, `ERR_DISPOSED`.
   */
  async save(path: string, options: SaveModelOptions = {}): Promise<void> {
    this.#check()
    checkPath('Model.save: path', path)
    const { request } = validate<never>(saveModel, options)
    await coded(() => this.#native.save(resolve(path), request['force'] === true))
  }

  /**
   * Writes the model for another program: `onnx` as the file `path` (opset 17, any batch), `pytorch` as a folder with
   * `weights.safetensors` and the `model.py` that loads it. Earlier exports are replaced; files of others only with `force`, the
   * file that the model was read from never.
   *
   * @returns the files written
   * @throws {SampleCnnError} `ERR_OUTPUT`, `ERR_DISPOSED`.
   */
  async export(path: string, options: ExportOptions = {}): Promise<readonly string[]> {
    this.#check()
    checkPath('Model.export: path', path)
    const { request } = validate<never>(exportVerb, options)
    return await coded(() => this.#native.export(resolve(path), String(request['to']), request['force'] === true))
  }

  /**
   * The scores of mono audio in memory: the same as for a file with this audio. `samples` is copied before the call returns.
   *
   * @throws {SampleCnnError} `ERR_TOO_SHORT` under 0.1 s, `ERR_SILENCE`, `ERR_INVALID_OPTION`, `ERR_DISPOSED`.
   */
  async tag(samples: Float32Array, options: TagSamplesOptions = {}): Promise<Scores> {
    this.#check()
    const { request } = validate<never>(tagSamples, options)
    if (!(samples instanceof Float32Array)) {
      throw new SampleCnnError(
        'ERR_INVALID_OPTION',
        `Model.tag: samples must be a Float32Array, received ${show(samples)}`,
      )
    }
    const samplingRate = (request['samplingRate'] as number | undefined) ?? this.samplingRate
    return JSON.parse(await coded(() => this.#native.tag(samples, samplingRate))) as Scores
  }

  /**
   * Frees the model's thread and buffers, after the calls that were made. May be called again; other calls throw. `await using` waits
   * until they are free, as does `await model[Symbol.asyncDispose]()`.
   */
  dispose(): void {
    this.#ended ??= this.#native.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
    await this.#ended
  }

  #check(): void {
    if (this.disposed) throw new SampleCnnError('ERR_DISPOSED', 'the model was disposed of: load it again')
  }
}

/** Awaits a call of the addon; its failures become SampleCnnErrors. */
async function coded<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (thrown) {
    throw fromNative(thrown)
  }
}
