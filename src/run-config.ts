/** Reads the options of a run from its config.json, for a training that repeats it. */

import { readFileSync } from 'node:fs'

import { SampleCnnError } from './error.js'
import { type Path, textOf } from './path.js'

/** The newest format of config.json that this version reads. */
const FORMAT = 1

/** Options that belong to the folder or the start of a run, not to its result. */
const left: ReadonlySet<string> = new Set(['out', 'resume', 'force', 'seeds'])

/**
 * The options of a training whose option `config` is replaced by the options in that file; options that are given as
 * well replace those of the file. The device and the number of threads are those with which the run was trained, and the
 * checksum is that of its data, unless another dataset is given.
 *
 * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_INVALID_OPTION` for a file that is not the configuration of a run;
 * `ERR_MODEL_VERSION` for one of a newer version.
 */
export function optionsOfRun(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, 'config')) return given
  const { config, ...others } = given as Readonly<Record<string, unknown>>
  if (config === undefined) return others
  const saved = read(textOf('train: config', config as Path))
  // A value that is undefined counts as not given.
  const replaced = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
  return { ...saved, ...(replaced['dataset'] !== undefined && { checksum: undefined }), ...replaced }
}

/** The options in the file, in the form of the API. */
function read(file: string): Record<string, unknown> {
  const refuse = (why: string): never => {
    throw new SampleCnnError('ERR_INVALID_OPTION', `train: config: ${file} is not the config.json of a run: ${why}`)
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const code = (cause as { code?: unknown }).code === 'ENOENT' ? 'ERR_FILE_NOT_FOUND' : 'ERR_IO'
    throw new SampleCnnError(code, `train: config: ${file} cannot be read: ${why}`, { cause })
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    refuse(cause instanceof Error ? cause.message : String(cause))
  }
  const { format, options, device, threads, dataset } = fields(content)
  if (typeof format === 'number' && format > FORMAT) {
    const message = `train: config: ${file} has format ${format}, this version reads up to ${FORMAT}: update samplecnn`
    throw new SampleCnnError('ERR_MODEL_VERSION', message)
  }
  const saved = fields(options)
  if (saved['dataset'] === undefined || saved['learningRates'] === undefined) refuse('it has no options of a training')
  const kept = Object.entries(saved).filter(([name, value]) => value !== null && !left.has(name))
  const { checksum } = fields(dataset)
  return {
    ...Object.fromEntries(kept),
    device,
    threads,
    ...(typeof checksum === 'string' && { checksum }),
  }
}

/** The fields of a JSON object; none of another value. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}
