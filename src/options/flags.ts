/** The options on the command line: the flags, and the conversion of their texts to the options object of the API. */

import { datasetKinds, mtatSplits } from '../dataset.js'
import { kinds } from './kinds.js'
import { limits } from './limits.js'
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
  /** The default in words; empty if there is none or the flag is required. */
  readonly default: string
  /** Whether the command requires the flag. */
  readonly required: boolean
}

/** The values that parseArgs returns for the flags. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>

/** The flags of a dataset option. */
const datasetFlags: readonly Flag[] = [
  {
    name: 'dataset',
    placeholder: 'KIND',
    help: `layout of the dataset: ${datasetKinds.join(', ')}`,
    default: '',
    required: false,
  },
  { name: 'root', placeholder: 'DIR', help: 'folder of the dataset', default: '', required: false },
  {
    name: 'lists',
    placeholder: 'DIR',
    help: "folder of gtzan's fault-filtered lists, if they are not in the dataset's folder",
    default: '',
    required: false,
  },
  {
    name: 'split',
    placeholder: mtatSplits.join('|'),
    help:
      `clips of mtat: tagged ones of at least ${limits.mtatShortestSeconds} s as in the papers, ` +
      'tagged ones of any length, or all',
    default: mtatSplits[0],
    required: false,
  },
  {
    name: 'manifest',
    placeholder: 'FILE',
    help: 'list of clips, instead of a dataset: CSV with the columns path,tags,split (tags joined by |), or JSONL',
    default: '',
    required: false,
  },
  {
    name: 'positive-from',
    placeholder: 'NUMBER',
    help: 'mean weight from which a soft target of a manifest counts as a tag, in metrics and counts',
    default: '0.5',
    required: false,
  },
]

/** `batchSize` -> `batch-size`. */
export function flagName(option: string): string {
  return option.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The flags of a command, in the order of its table. */
export function flagsOf(verb: Verb): Flag[] {
  return Object.entries(verb.options).flatMap(([name, option]) => {
    if (option.only === 'api' || option.positional) return []
    if (option.kind === 'dataset') return prefixedDatasetFlags(name)
    return [flagOf(name, option)]
  })
}

/** The default of an option in words. */
export function defaultOf(option: Option): string {
  if (option.otherwise !== undefined) return option.otherwise
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

/** The flags of the dataset option `name`. */
function prefixedDatasetFlags(name: string): readonly Flag[] {
  const prefix = datasetPrefix(name)
  if (prefix === '') return datasetFlags
  const of = `for the ${prefix.slice(0, -1)}`
  return datasetFlags.map(flag => ({ ...flag, name: prefix + flag.name, help: `${of}: ${flag.help}` }))
}

/** The dataset for the given flags; missing and contradictory flags are left for the check. */
function datasetFrom({ dataset, root, lists, split, manifest, 'positive-from': weight }: FlagValues): unknown {
  const positiveFrom = typeof weight === 'string' ? kinds.number.read(weight) : weight
  if (manifest !== undefined && [dataset, root, lists, split].every(value => value === undefined))
    return { kind: 'manifest', path: manifest, ...(positiveFrom !== undefined && { positiveFrom }) }
  if ([dataset, root, lists, split, manifest, weight].every(value => value === undefined)) return undefined
  return {
    ...(dataset !== undefined && { kind: dataset }),
    ...(root !== undefined && { root }),
    ...(lists !== undefined && { lists }),
    ...(split !== undefined && { split }),
    ...(manifest !== undefined && { path: manifest }),
    ...(positiveFrom !== undefined && { positiveFrom }),
  }
}
