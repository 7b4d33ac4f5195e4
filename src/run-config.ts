/** Reads the options of a run from its config.json, for a training that repeats it. */

import { readFileSync } from 'node:fs'

import { SampleCnnError } from './error.js'
import { isObject } from './options/object.js'
import { checkPath } from './options/path.js'
import { protocolNames } from './options/protocols.js'
import type { Option } from './options/table.js'
import { train } from './options/train.js'
import { textOf } from './path.js'

/** The newest format of config.json that this version reads. */
const FORMAT = 1

/** Options that belong to the folder or the start of a run, not to its result. */
const left: ReadonlySet<string> = new Set(['out', 'resume', 'force', 'seeds'])

/**
 * The options of a training whose option `config` is replaced by the options in that file; options that are given as
 * well replace those of the file. The device and the number of threads are those with which the run was trained, and
 * the checksum is that of its data, unless another dataset is given.
 *
 * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_IO`; `ERR_INVALID_OPTION` for a file that is not the
 * configuration of a run; `ERR_MODEL_VERSION` for one of a newer version.
 */
export function optionsOfRun(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, 'config')) return given
  const { config, ...others } = given as Readonly<Record<string, unknown>>
  if (config === undefined) return others
  checkPath('train: config', config)
  const saved = read(textOf('train: config', config))
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
  const { phases, protocol } = saved
  if (Array.isArray(phases) && phases.length > 0) {
    const message =
      `train: config: ${file} is of a training with phases (protocol ${String(protocol)}), which only a protocol ` +
      'has: train with the options of that run and this protocol instead'
    throw new SampleCnnError('ERR_INVALID_OPTION', message)
  }
  // All values of the protocol are in the file, so a protocol file of the user is no longer needed.
  const isKnown = protocolNames.some(name => name === protocol)
  const isKept = (name: string): boolean => !left.has(name) && (name !== 'protocol' || isKnown)
  const kept = Object.entries(saved).filter(([name, value]) => isKept(name) && !isDefault(name, value))
  const { checksum } = fields(dataset)
  return {
    ...Object.fromEntries(kept),
    device,
    threads,
    ...(typeof checksum === 'string' && { checksum }),
  }
}

/**
 * Whether `value` is what the option has if it is not given: it is left out, because some options may be given only
 * together with another one. A protocol may set another default, so that the values of its options are always given.
 */
function isDefault(name: string, value: unknown): boolean {
  if (value === null || (Array.isArray(value) && value.length === 0)) return true
  if (name === 'warmupEpochs' || name === 'warmupUpdates') return value === 0
  const option: Option | undefined = train.options[name]
  return option?.ofProtocol !== true && option?.default !== undefined && option.default === value
}

/** The fields of a JSON object; none of another value. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}
