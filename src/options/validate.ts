/** The only place in TypeScript where options are checked; all other code in TypeScript may rely on them. */

import { inspect } from 'node:util'

import { SampleCnnError } from '../error.js'
import { defaultModel, isModelName } from '../model-sources/name.js'
import { isModel, partsOf } from '../models.js'
import { absoluteText, type Path } from '../path.js'
import { isSignal } from '../signals.js'
import { datasetEntries } from './dataset-properties.js'
import { kinds } from './kinds.js'
import { isObject } from './object.js'
import { suggest } from './suggest.js'
import type { Option, Verb } from './table.js'

/** The options that every long-running verb accepts besides its table. */
interface Controls<Event> {
  readonly signal: AbortSignal | undefined
  readonly onEvent: ((event: Event) => unknown) | undefined
}

/** The result of the check. Every key is present: a missing key would be looked up on the prototype. */
export interface Checked<Event> extends Controls<Event> {
  /** The options in a form that JSON can represent: with defaults and absolute paths. It has no prototype. */
  readonly request: Readonly<Record<string, unknown>>
  /** The Model that was given instead of a model file. */
  readonly model: object | undefined
  /** The options in `request` whose values are paths or names of models. */
  readonly named: readonly string[]
}

/**
 * Checks `options` against the table of `verb`.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, with the option, the value received and what was expected.
 */
export function validate<Event>(verb: Verb, options: unknown): Checked<Event> {
  const caller = verb.method ?? verb.name
  if (!isObject(options)) {
    throw invalid(`${caller}: the options must be an object, received ${show(options)}`)
  }
  const table = Object.entries(verb.options).flatMap(([name, facts]) => {
    const option: Option = own(facts)
    return option.only === 'cli' ? [] : [[name, option] as const]
  })
  const names = new Set(table.map(([name]) => name))
  if (verb.abortable) names.add('signal')
  if (verb.events !== undefined) names.add('onEvent')
  const given = ownValues(caller, options)
  for (const name of Object.keys(given)) {
    if (names.has(name)) continue
    const meant = suggest(name, names)
    const advice = meant === undefined ? `the options are ${[...names].join(', ')}` : `did you mean "${meant}"?`
    throw invalid(`${caller}: unknown option "${name}"; ${advice}`)
  }

  const request: Record<string, unknown> = own({})
  for (const [name, option] of table) {
    if (option.kind === 'dataset' && isObject(given[name])) given[name] = ownValues(`${caller}: ${name}`, given[name])
    const value = given[name]
    if (value === undefined) {
      if (option.required) throw invalid(`${caller}: ${name} is missing: ${option.help}`)
      if (option.defaultModel) request[name] = defaultModel
      if (option.default !== undefined && option.ofProtocol !== true) request[name] = absolute(option, option.default)
    } else {
      check(`${caller}: ${name}`, option, value)
      request[name] = absolute(option, value)
    }
  }
  for (const [name, option] of table) checkRelations(caller, name, option, given)
  const model = Object.values(given).find(isModel)
  if (model !== undefined) compute(model, given, request)
  const named = table.filter(([, { kind }]) => isModelKind(kind)).map(([name]) => name)
  return { ...controls<Event>(verb, given), request, model, named }
}

/** Adds the settings with which a Model was loaded, unless the options override them. */
function compute(model: object, given: Readonly<Record<string, unknown>>, request: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(partsOf(model).settings)) {
    if (given[name] === undefined) request[name] = value
  }
}

/** Copies only the own properties of `value`: properties of a modified prototype are not read as options. */
function own<Values extends object>(value: Values): Values {
  return Object.assign(Object.create(null) as object, value)
}

/** Copies the own properties of an object of the caller; each is read once. */
function ownValues(subject: string, given: object): Record<string, unknown> {
  try {
    return own(given as Record<string, unknown>)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SampleCnnError('ERR_INVALID_OPTION', `${subject}: the options could not be read: ${why}`, { cause })
  }
}

/** Whether an option was given and is not false. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== false
}

/** Checks the relations of the option `name` to other options. */
function checkRelations(caller: string, name: string, option: Option, given: Readonly<Record<string, unknown>>): void {
  if (!isOn(given[name])) return
  for (const other of option.excludes ?? []) {
    if (isOn(given[other])) throw invalid(`${caller}: ${name} and ${other} exclude each other: leave out one of them`)
  }
  if (option.needs !== undefined && !isOn(given[option.needs])) {
    throw invalid(`${caller}: ${name} needs ${option.needs}: ${option.help}`)
  }
}

/** Checks one value; `subject` names it in the message. */
export function check(subject: string, option: Option, value: unknown): void {
  const kind = kinds[option.kind]
  if (kind.check(value, own(option))) return
  const meant = typeof value === 'string' ? suggest(value, option.choices ?? []) : undefined
  const advice = meant === undefined ? '' : `; did you mean "${meant}"?`
  throw invalid(`${subject} must be ${kind.expected(option)}, received ${show(value)}${advice}`)
}

/** The signal and the callback. */
function controls<Event>(verb: Verb, { signal, onEvent }: Readonly<Record<string, unknown>>): Controls<Event> {
  if (signal !== undefined && !isSignal(signal)) {
    throw invalid(`${verb.name}: signal must be an AbortSignal, received ${show(signal)}`)
  }
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw invalid(`${verb.name}: onEvent must be a function, received ${show(onEvent)}`)
  }
  return { signal, onEvent: onEvent as ((event: Event) => unknown) | undefined }
}

/** Makes paths absolute immediately: the job starts later, on another thread. The path `-` is standard input. */
function absolute(option: Option, value: unknown): unknown {
  if (option.kind === 'model' && isModel(value)) return partsOf(value).file ?? ''
  if (option.kind === 'modelFiles') return (value as readonly Path[]).map(each => modelText(option, each))
  if (option.kind === 'model' || option.kind === 'modelFile') return modelText(option, value as Path)
  if (option.kind === 'path') {
    return value === '-' ? value : absoluteText(option.help, value as Path)
  }
  if (option.kind === 'paths') return (value as readonly Path[]).map(path => absoluteText(option.help, path))
  if (option.kind === 'protocol') {
    const isName = (option.choices ?? []).includes(value as string)
    return isName ? value : absoluteText(option.help, value as string)
  }
  if (option.kind === 'weights' && isObject(value)) return own(value)
  if (Array.isArray(value)) return [...(value as readonly unknown[])]
  if (option.kind === 'dataset') {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([name, entry]) => {
      if (entry === undefined) return []
      const isPath = datasetEntries.some(([other, { type }]) => other === name && type === 'path')
      if (isPath) return [[name, absoluteText(option.help, entry as Path)] as const]
      return [[name, Array.isArray(entry) ? [...(entry as readonly unknown[])] : entry] as const]
    })
    return Object.fromEntries(entries)
  }
  return value
}

/** Whether options of the kind `kind` are models, which are given by a path or by a name. */
function isModelKind(kind: Option['kind']): boolean {
  return ['model', 'modelFile', 'modelFiles'].includes(kind)
}

/** The absolute path of a model file, or the name of a model. */
export function modelText(option: Option, value: Path): string {
  const isName = typeof value === 'string' && isModelName(value)
  return isName || value === '-' ? String(value) : absoluteText(option.help, value)
}

/** A value as text for a message. */
export function show(value: unknown): string {
  // Options are copied into objects without a prototype; do not show this to the caller.
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 20, maxStringLength: 200 })
    .replaceAll('[Object: null prototype] ', '')
    .replaceAll(/\s*\n\s*/g, ' ')
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function invalid(message: string): SampleCnnError {
  return new SampleCnnError('ERR_INVALID_OPTION', message)
}
