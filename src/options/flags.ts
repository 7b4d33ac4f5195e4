/** The options on the command line: the flags, and the conversion of their texts to the options object of the API. */

import { type Dataset, datasetKinds } from '../dataset.js'
import { defaultModel } from '../model-sources/name.js'
import { datasetEntries, readProperty } from './dataset-properties.js'
import { kinds } from './kinds.js'
import type { Option, Verb } from './table.js'

/** A flag of a command. */
export interface Flag {
  /** The name without dashes, such as `batch-size`. */
  readonly name: string
  /** The one-letter form. */
  readonly short?: string
  /** The placeholder after the flag in the help; empty for a flag without a value. */
  readonly placeholder: string
  /** The help text. */
  readonly help: string
  /** The default in words; empty without a default, or if the flag is required. */
  readonly default: string
  /** Whether the command requires the flag. */
  readonly required: boolean
  /** Whether the flag may be given several times. */
  readonly multiple?: true
}

/** The values that parseArgs returns for the flags. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** `batchSize` -> `batch-size`. */
export function flagName(option: string): string {
  return option.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The flag of a property of a dataset. */
export function datasetFlag(name: string): string {
  return datasetEntries.find(([other]) => other === name)?.[1].flag ?? flagName(name)
}

/** The flags of the dataset option `option`. */
function datasetFlags(option: string): Flag[] {
  const prefix = datasetPrefix(option)
  const of = prefix === '' ? '' : `for the ${prefix.slice(0, -1)}: `
  const kind = {
    name: 'dataset',
    placeholder: 'KIND',
    help: `layout of the dataset: ${datasetKinds.join(', ')}`,
    default: '',
    required: false,
  }
  const flags = datasetEntries.map(([name, { placeholder, help, type, default: fallback }]) => ({
    name: datasetFlag(name),
    placeholder,
    help,
    default: fallback ?? '',
    required: false,
    ...(type === 'texts' && { multiple: true as const }),
  }))
  return [kind, ...flags].map(flag => ({ ...flag, name: prefix + flag.name, help: of + flag.help }))
}

/** The flags of a command, in the order of its table. */
export function flagsOf(verb: Verb): Flag[] {
  return Object.entries(verb.options).flatMap(([name, option]) => {
    if (option.only === 'api' || option.positional) return []
    if (option.kind === 'dataset') return datasetFlags(name)
    return [flagOf(name, option)]
  })
}

/** The default of an option in words. */
export function defaultOf(option: Option): string {
  if (option.otherwise !== undefined) return option.otherwise
  if (option.defaultModel) return defaultModel
  if (option.default === undefined || option.default === false) return ''
  return Array.isArray(option.default) ? option.default.join(', ') : String(option.default)
}

/**
 * The options object for the values of flags and positional options. Values that cannot be read remain texts, so that
 * the check of the API function reports them. Flags of the command line only (`--json`) are left out.
 */
export function optionsFrom(verb: Verb, values: FlagValues): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(verb.options)) {
    if (option.only !== undefined) continue
    const value =
      option.kind === 'dataset' ? datasetFrom(unprefixed(values, datasetPrefix(name))) : values[flagName(name)]
    if (value === undefined) continue
    options[name] = typeof value === 'string' ? kinds[option.kind].read(value) : value
  }
  return options
}

function flagOf(name: string, option: Option): Flag {
  const placeholder = option.placeholder ?? (option.choices?.join('|') || kinds[option.kind].placeholder)
  return {
    name: flagName(name),
    ...(option.short !== undefined && { short: option.short }),
    placeholder: option.kind === 'flag' ? '' : placeholder,
    help: option.help,
    default: defaultOf(option),
    required: option.required ?? false,
  }
}

/** The text before the flags of a dataset option: none for `dataset`, `source-` for `sourceDataset`. */
export function datasetPrefix(option: string): string {
  return flagName(option).replace(/dataset$/, '')
}

/** The values of the flags with `prefix`, by their names without it. */
export function unprefixed(values: FlagValues, prefix: string): FlagValues {
  const own = Object.entries(values).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]))
}

/** The dataset for the given flags; missing and contradictory flags are left for the check. */
function datasetFrom(values: FlagValues): unknown {
  const kind = values['dataset'] ?? (values['manifest'] === undefined ? undefined : 'manifest')
  const given = datasetEntries.flatMap(([name, property]) => {
    const value = values[datasetFlag(name)]
    return value === undefined ? [] : [[name, readProperty(property, kind as Dataset['kind'], value)] as const]
  })
  if (kind === undefined && given.length === 0) return undefined
  return { ...(kind !== undefined && { kind }), ...Object.fromEntries(given) }
}
