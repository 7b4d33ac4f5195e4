import type { NativeCancel, NativeModel, NativeSamples } from '#native'

import type { Architecture } from './architecture.js'
import type { AudioInput } from './audio-input.js'
import { coded, SampleCnnError } from './error.js'
import { audio } from './input.js'
import { defaultModel, isModelName } from './model-sources/name.js'
import { partsOf, register } from './models.js'
import { native } from './native.js'
import { exportModel as exportVerb } from './options/export.js'
import { importModel as importVerb } from './options/import.js'
import type {
  CreateModelOptions,
  EmbedSamplesOptions,
  ExportOptions,
  ImportOptions,
  LoadModelOptions,
  SaveModelOptions,
  TagFileOptions,
  TagSamplesOptions,
} from './options/interfaces.js'
import { createModel, embedSamples, loadModel, saveModel, tagFile, tagSamples } from './options/model.js'
import { checkPath } from './options/path.js'
import { validate } from './options/validate.js'
import { absoluteBytes, type Path } from './path.js'
import type { ModelCard, ModelEvent, SampleEmbedding, Scores, TagResult } from './records/index.js'
import { resolveModel } from './resolve-model.js'
import { checkSamples, copySamples } from './samples.js'
import { cancellable, throwIfAborted } from './signals.js'

/** The result for one file or the content of one: that of `tag` without the properties of the file. */
export type FileScores = Omit<TagResult, 'type' | 'file' | 'fileBytes' | 'size' | 'modified'>

/** The properties of a model, without its weights. */
interface Facts {
  readonly architecture: Architecture
  readonly tags: readonly string[]
  readonly task: 'multi-label' | 'single-label'
  readonly samplingRate: number
  readonly licence: string | null
  readonly training: unknown
  readonly card: ModelCard | null
  readonly file: string | null
  readonly device: string
  readonly threads: number
  readonly precision: string
}

/**
 * A model in memory. Its calls may overlap, and they never block the event loop. All calls that use one model with the
 * same settings share one plan and its threads: the calls of a Model, and `tag()` with the Model or with its file.
 *
 * @example
 * ```ts
 * await using model = await Model.load()
 * const { tags } = await model.tag(samples, { samplingRate: 44100 })
 * ```
 */
export class Model implements AsyncDisposable, Disposable {
  readonly #native: NativeModel
  readonly #facts: Facts
  /** Resolves when all resources of the model have been released; null until `dispose` is called. */
  #ended: Promise<void> | null = null

  private constructor(model: NativeModel) {
    if (!(model instanceof native().NativeModel)) {
      const message = 'a Model cannot be made with new: use Model.load, Model.create or Model.import'
      throw new SampleCnnError('ERR_INVALID_OPTION', message)
    }
    this.#native = model
    this.#facts = JSON.parse(model.facts()) as Facts
    model.tell()
    const { file, device, threads, precision } = this.#facts
    const settings = { device, threads, precision }
    register(this, { native: model, file, settings, disposed: () => this.disposed })
  }

  /**
   * Reads a model: a file, an installed model package (`samplecnn-model` if none is given), or a file of the Hugging
   * Face hub (`hf:user/repo`), which is downloaded if necessary.
   *
   * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_VERSION`; the codes of
   * `resolveModel`.
   */
  static async load(model: Path = defaultModel, options: LoadModelOptions = {}): Promise<Model> {
    const { request, signal, onEvent } = validate<ModelEvent>(loadModel, options)
    const path =
      typeof model === 'string' && isModelName(model) ? await resolveModel(model, { signal, onEvent }) : model
    checkPath('Model.load: model', path)
    throwIfAborted(signal)
    return new Model(
      await coded(() => native().NativeModel.load(absoluteBytes('Model.load: model', path), JSON.stringify(request))),
    )
  }

  /**
   * Creates an untrained model. The same seed gives the same parameters.
   *
   * @throws {SampleCnnError} `ERR_INVALID_OPTION`.
   */
  static async create(options: CreateModelOptions): Promise<Model> {
    const { request } = validate<never>(createModel, options)
    return new Model(await coded(() => native().NativeModel.create(JSON.stringify(request))))
  }

  /**
   * Reads a checkpoint that another program wrote: PyTorch (zip or legacy), Keras HDF5, safetensors. The names of the
   * tensors show which program's network it is; nothing in the file is executed. `training` records the assumptions.
   *
   * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_MODEL_FORMAT` for a damaged file, with the offset or tensor;
   * `ERR_CHECKPOINT_MISMATCH` for a checkpoint that fits no known network, with a list of the tensors.
   */
  static async import(path: Path, options: ImportOptions = {}): Promise<Model> {
    checkPath('Model.import: path', path)
    const { request } = validate<never>(importVerb, options)
    return new Model(
      await coded(() =>
        native().NativeModel.import(absoluteBytes('Model.import: path', path), JSON.stringify(request)),
      ),
    )
  }

  /** The architecture of the network. */
  get architecture(): Architecture {
    return this.#facts.architecture
  }

  /** The tags, in the order of the outputs. */
  get tags(): readonly string[] {
    return this.#facts.tags
  }

  /** Whether a clip has any number of tags or exactly one. */
  get task(): 'multi-label' | 'single-label' {
    return this.#facts.task
  }

  /** Sampling rate of the network in Hz; audio with another rate is resampled. */
  get samplingRate(): number {
    return this.#facts.samplingRate
  }

  /** Licence of the weights; null if it is unknown. */
  get licence(): string | null {
    return this.#facts.licence
  }

  /** The record of the training; null if there is none. */
  get training(): unknown {
    return this.#facts.training
  }

  /** The card of a released model: its data, licence, scores and limits; null for a model without one. */
  get card(): ModelCard | null {
    return this.#facts.card
  }

  /** Whether `dispose` has been called. */
  get disposed(): boolean {
    return this.#ended !== null
  }

  /**
   * Writes the model file, atomically. An existing model file is replaced, another file only with `force`, and the
   * checkpoint from which the model was imported never.
   *
   * @throws {SampleCnnError} `ERR_OUTPUT`, `ERR_DISPOSED`.
   */
  async save(path: Path, options: SaveModelOptions = {}): Promise<void> {
    this.#check()
    checkPath('Model.save: path', path)
    const { request } = validate<never>(saveModel, options)
    await coded(() => this.#native.save(absoluteBytes('Model.save: path', path), request['force'] === true))
  }

  /**
   * Writes the model for another program: `onnx` as the file `path` (opset 17, any batch size), `pytorch` as a folder
   * with `weights.safetensors` and the `model.py` that loads it. `model` writes a model file: with weights of 16 bits
   * (`half`), with only some tags (`tags`, `tagList`), with other thresholds (`thresholds`), with a card (`card`). Earlier exports are replaced,
   * other files only with `force`, and the file from which the model was read never.
   *
   * @returns the files written
   * @throws {SampleCnnError} `ERR_OUTPUT`, `ERR_DISPOSED`; `ERR_FILE_NOT_FOUND` and `ERR_INVALID_OPTION` for a list of
   * tags, thresholds or a card that is missing or does not fit the model, and for weights outside the range of 16 bits.
   */
  async export(path: Path, options: ExportOptions = {}): Promise<readonly string[]> {
    this.#check()
    checkPath('Model.export: path', path)
    const { request } = validate<never>(exportVerb, options)
    const out = absoluteBytes('Model.export: path', path)
    return await coded(() => this.#native.export(out, JSON.stringify(request)))
  }

  /**
   * The scores of mono audio in memory, the same as for a file with this audio. Samples are in -1..1: divide 16-bit
   * samples by 32768 first. Samples may exceed this range, but audio that is louder than 16 is refused. Up to half a
   * million samples are copied before the call returns, more samples in slices: do not change them before the promise
   * is settled. Every tag is in the result, unless `top`, `threshold` or the card of the model choose some: a model with
   * an output rule in its card names only tags above their thresholds, and `abstained` is true if there is none.
   *
   * @throws {SampleCnnError} `ERR_TOO_SHORT` under 0.1 s; `ERR_SILENCE`; `ERR_INVALID_OPTION`, also if the samples are
   * detached or resized before they are copied, and for `calibrated` with a model that has no calibration;
   * `ERR_DISPOSED`.
   */
  async tag(samples: Float32Array, options: TagSamplesOptions = {}): Promise<Scores> {
    this.#check()
    const { request, signal } = validate<never>(tagSamples, options)
    const { samplingRate = this.samplingRate, calibrated, ...kept } = request as TagSamplesOptions
    const isChosen = Object.keys(kept).length > 0 || this.card?.output !== undefined
    const selection = isChosen ? kept : { all: true }
    const asked = JSON.stringify({ model: '', calibrated, ...selection })
    return await this.#compute<Scores>('Model.tag', samples, signal, (held, cancel) =>
      this.#native.tag(held, samplingRate, asked, cancel),
    )
  }

  /**
   * The embedding of mono audio in memory: the outputs of hidden layers, reduced over the time of each segment and over
   * the segments; the same as `embed` for a file with this audio. Samples as for `tag`.
   *
   * @throws {SampleCnnError} The codes of `tag`; `ERR_INVALID_OPTION` also for a level that the network does not have.
   * @example
   * ```ts
   * const { values } = await model.embed(samples, { samplingRate: 44100, levels: [-3, -2, -1] })
   * ```
   */
  async embed(samples: Float32Array, options: EmbedSamplesOptions = {}): Promise<SampleEmbedding> {
    this.#check()
    const { request, signal } = validate<never>(embedSamples, options)
    const { samplingRate = this.samplingRate, ...embedding } = request as { samplingRate?: number }
    const asked = JSON.stringify(embedding)
    return await this.#compute<SampleEmbedding>('Model.embed', samples, signal, (held, cancel) =>
      this.#native.embed(held, samplingRate, asked, cancel),
    )
  }

  /**
   * The result for one audio file: a path, a `file:` URL, or the content of a file as bytes, as a Blob or as a stream
   * of bytes. Input that is not a path is held in memory until it is decoded, up to `maxBytes`.
   *
   * @throws {SampleCnnError} The codes of a `failed` record of `tag`; `ERR_TOO_LARGE` for more than `maxBytes`;
   * `ERR_INVALID_OPTION`; `ERR_DISPOSED`. An error of a stream is thrown unchanged.
   * @example
   * ```ts
   * server.post('/tags', async request => (await model.tagFile(request.body, { top: 5, signal: request.signal })).tags)
   * ```
   */
  async tagFile(input: AudioInput, options: TagFileOptions = {}): Promise<FileScores> {
    this.#check()
    const { request, signal } = validate<never>(tagFile, options)
    const { maxBytes, ...kept } = request as { maxBytes: number }
    const source = await audio('Model.tagFile: input', input, maxBytes, signal)
    if (this.disposed && 'bytes' in source) source.bytes.clear()
    this.#check()
    const [asked, cancel] = [JSON.stringify({ model: '', ...kept }), new (native().NativeCancel)()]
    const result = (): Promise<string> =>
      coded(() =>
        'path' in source
          ? this.#native.tagFile(source.path, asked, cancel)
          : this.#native.tagBytes(source.name, source.bytes, asked, cancel),
      )
    const tagged = JSON.parse(await cancellable(signal, () => cancel.cancel(), result)) as TagResult
    const { file: _file, fileBytes: _bytes, size: _size, modified: _modified, ...scores } = tagged
    return scores
  }

  /**
   * Releases all resources of the model, after the calls that are in progress. It may be called again; all other calls
   * throw. `await using` and `await model[Symbol.asyncDispose]()` wait until the resources are released; `using` does
   * not wait.
   */
  dispose(): void {
    this.#ended ??= this.#native.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
    await this.#ended
  }

  /** Checks and copies the samples of the method `name`, and passes them to `call`. */
  async #compute<Result>(
    name: string,
    samples: Float32Array,
    signal: AbortSignal | undefined,
    call: (held: NativeSamples, cancel: NativeCancel) => Promise<string>,
  ): Promise<Result> {
    checkSamples(name, samples)
    throwIfAborted(signal)
    const cancel = new (native().NativeCancel)()
    const copied = copySamples(name, samples, signal, () => this.#check())
    // Without waiting, so that the call begins before a dispose() that follows it.
    const held = copied instanceof Promise ? await copied : copied
    const computed = (): Promise<string> => coded(() => call(held, cancel))
    return JSON.parse(await cancellable(signal, () => cancel.cancel(), computed)) as Result
  }

  #check(): void {
    partsOf(this)
  }
}
