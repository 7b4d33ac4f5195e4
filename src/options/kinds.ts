/** The kinds of option values: how each kind is checked, read from a flag, and declared in TypeScript. */

import { existsSync } from 'node:fs'

import type { Architecture } from '../architecture.js'
import { readArchitecture } from '../architecture-file.js'
import type { Dataset } from '../dataset.js'
import { hubName, isHubName } from '../model-sources/name.js'
import { isModel } from '../models.js'
import { fileTextOf } from '../path.js'
import { datasetExpected, isDataset } from './dataset-properties.js'
import { isList } from './list.js'
import { isObject } from './object.js'
import type { Option } from './table.js'
import { isWeights, readWeights } from './weights.js'

/** The TypeScript type of each kind. */
export interface KindValues {
  text: string
  path: string
  model: string
  modelFile: string
  modelFiles: readonly string[]
  flag: boolean
  integer: number
  number: number
  choice: string
  texts: readonly string[]
  paths: readonly string[]
  experiment: string
  protocol: string
  numbers: readonly number[]
  integers: readonly number[]
  device: string
  segments: 'all' | number | `overlapping:${number}`
  freeze: 'all-but-head' | number
  depth: 'head' | 'all' | `blocks:${number}`
  weights: 'balanced' | Readonly<Record<string, number>>
  architecture: string | Architecture
  dataset: Dataset
}

/** The name of a kind. */
export type KindName = keyof KindValues

/** The functions of a kind. */
interface Kind {
  /** The expected value in words, for messages: "must be a path, received 3". */
  readonly expected: (option: Option) => string
  /** Whether `value` is of this kind. */
  readonly check: (value: unknown, option: Option) => boolean
  /** Reads the text after a flag. Text that cannot be read is returned unchanged, so that the check reports it. */
  readonly read: (text: string) => unknown
  /** The placeholder after the flag in the help; empty for a flag without a value. */
  readonly placeholder: string
  /** The type in the generated declarations. */
  readonly typescript: (option: Option) => string
}

const asIs = (text: string): unknown => text
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.isWellFormed()

/**
 * A number; or the text itself if it is not a number or if the number would differ from the text (from 2^53 on), so
 * that the check reports the text.
 */
function readNumber(text: string): unknown {
  const value = Number(text)
  const isAnother = Number.isInteger(value) && !Number.isSafeInteger(value)
  return text.trim() === '' || Number.isNaN(value) || isAnother ? text : value
}

/** Whether `value` is a finite number within the limits of the option. */
function isNumber(value: unknown, option: Option): value is number {
  const { minimum = -Infinity, maximum = Infinity, above = -Infinity, below = Infinity } = option
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return value >= minimum && value <= maximum && value > above && value < below
}

/** Whether `value` is a whole number within the limits of the option. */
function isInteger(value: unknown, option: Option): value is number {
  return Number.isSafeInteger(value) && isNumber(value, option)
}

/** The limits of a number in words: " from 1 to 4", " from 0 to below 1", " above 0". */
function bounds({ minimum, maximum, above, below }: Option): string {
  const lower = minimum === undefined ? (above === undefined ? '' : ` above ${above}`) : ` from ${minimum}`
  if (maximum !== undefined) return lower === '' ? ` up to ${maximum}` : `${lower} to ${maximum}`
  if (below !== undefined) return `${lower}${lower === '' ? '' : ' to'} below ${below}`
  return lower
}

/** The suffixes in words: ".jsonl, .ndjson or .csv". */
function oneOf(endings: readonly string[]): string {
  return endings.join(', ').replace(/, ([^,]*)$/, ' or $1')
}

/** Whether `value` is a path that a file can have, with a suffix that the option accepts. */
function isPath(value: unknown, { suffixes }: Option): boolean {
  const text = fileTextOf(value)
  if (text === undefined) return false
  return suffixes === undefined || suffixes.some(ending => text.toLowerCase().endsWith(ending))
}

/** Whether `value` is a path, or a name of a model of the hub in its right form. */
function isModelFile(value: unknown, option: Option): boolean {
  return typeof value === 'string' && isHubName(value) ? hubName(value) !== undefined : isPath(value, option)
}

/** What names a model file, in words. */
const modelNames = 'a path, the name of an installed model package, hf:USER/REPO[/FILE][@REVISION][#sha256=HASH]'

/** The choices in words: `one of "a", "b"`. */
function oneOfChoices({ choices = [] }: Option): string {
  return `one of ${choices.map(choice => `"${choice}"`).join(', ')}`
}

/** Whether `value` is one of the choices. */
function isChoice(value: unknown, { choices = [] }: Option): boolean {
  return typeof value === 'string' && choices.includes(value)
}

/** Whether JSON represents `value` as an object, without half a character in a text, which UTF-8 cannot represent. */
function isJson(value: object): boolean {
  try {
    const json = JSON.stringify(value) as string | undefined
    return json?.startsWith('{') === true && !/\\ud[89a-f]/.test(json)
  } catch {
    return false
  }
}

/** A path of a JSON file. Has no prototype, so that properties of a modified prototype are not read as limits. */
const jsonFile = Object.assign(
  Object.create(null) as object,
  {
    kind: 'path',
    help: 'a file',
    suffixes: ['.json'],
  } as const,
)

/** One of the choices, or the path of a JSON file. */
const nameOrFile = {
  expected: (option: Option) => `${oneOfChoices(option)}, or the path of a file that ends in .json`,
  check: (value: unknown, option: Option) =>
    isChoice(value, option) || (typeof value === 'string' && isPath(value, jsonFile)),
  read: asIs,
  placeholder: 'NAME|FILE.json',
}

/** Every kind. */
export const kinds: { readonly [K in KindName]: Kind } = {
  text: { expected: () => 'a text', check: isText, read: asIs, placeholder: 'TEXT', typescript: () => 'string' },
  path: {
    expected: ({ suffixes }) => (suffixes === undefined ? 'a path' : `a path that ends in ${oneOf(suffixes)}`),
    check: isPath,
    read: asIs,
    placeholder: 'FILE',
    typescript: () => 'string | URL | Uint8Array',
  },
  model: {
    expected: () => `${modelNames} or a Model`,
    check: (value, option) => isModel(value) || isModelFile(value, option),
    read: asIs,
    placeholder: 'NAME',
    typescript: () => 'string | URL | Uint8Array | Model',
  },
  modelFile: {
    expected: () => modelNames.replace(/, (?=hf:)/, ' or '),
    check: isModelFile,
    read: asIs,
    placeholder: 'NAME',
    typescript: () => 'string | URL | Uint8Array',
  },
  modelFiles: {
    expected: () => `a list; each must be ${modelNames.replace(/, (?=hf:)/, ' or ')}`,
    check: (value, option) => isList(value, item => isModelFile(item, option)),
    read: text => (existsSync(text) ? [text] : text.split(',')),
    placeholder: 'NAME,...',
    typescript: () => 'readonly (string | URL | Uint8Array)[]',
  },
  flag: {
    expected: () => 'true or false',
    check: value => typeof value === 'boolean',
    read: asIs,
    placeholder: '',
    typescript: () => 'boolean',
  },
  integer: {
    expected: option => `a whole number${bounds(option)}`,
    check: isInteger,
    read: readNumber,
    placeholder: 'N',
    typescript: () => 'number',
  },
  number: {
    expected: option => `a number${bounds(option)}`,
    check: isNumber,
    read: readNumber,
    placeholder: 'X',
    typescript: () => 'number',
  },
  choice: {
    expected: oneOfChoices,
    check: isChoice,
    read: asIs,
    placeholder: 'NAME',
    typescript: option => (option.choices ?? []).map(choice => `'${choice}'`).join(' | '),
  },
  texts: {
    expected: () => 'a list of texts',
    check: value => isList(value, isText),
    read: text => text.split(',').map(part => part.trim()),
    placeholder: 'A,B,...',
    typescript: () => 'readonly string[]',
  },
  paths: {
    expected: () => 'a list of paths',
    check: (value, option) => isList(value, item => isPath(item, option)),
    // A name may contain commas. On the command line further paths may follow as operands.
    read: text => (existsSync(text) ? [text] : text.split(',')),
    placeholder: 'PATH,...',
    typescript: () => 'readonly (string | URL | Uint8Array)[]',
  },
  experiment: {
    ...nameOrFile,
    typescript: () => 'ExperimentName | `${string}.json`',
  },
  protocol: {
    ...nameOrFile,
    typescript: ({ choices }) => [...(choices ?? []).map(choice => `'${choice}'`), '`${string}.json`'].join(' | '),
  },
  numbers: {
    expected: option => `a list of numbers${bounds(option)}`,
    check: (value, option) => isList(value, item => isNumber(item, option)),
    read: text => text.split(',').map(readNumber),
    placeholder: 'X,Y,...',
    typescript: () => 'readonly number[]',
  },
  integers: {
    expected: option => `a list of whole numbers${bounds(option)}`,
    check: (value, option) => isList(value, item => isInteger(item, option)),
    read: text => text.split(',').map(readNumber),
    placeholder: 'N,M,...',
    typescript: () => 'readonly number[]',
  },
  device: {
    expected: () => '"auto", "cpu", "cuda" or "cuda:N"',
    check: value => typeof value === 'string' && /^(auto|cpu|cuda(:\d+)?)$/.test(value),
    read: asIs,
    placeholder: 'auto|cpu|cuda|cuda:N',
    typescript: () => "'auto' | 'cpu' | 'cuda' | `cuda:${number}`",
  },
  segments: {
    expected: option => `"all", a whole number${bounds(option)}, or "overlapping:N"`,
    check: (value, option) =>
      value === 'all' ||
      isInteger(value, option) ||
      (typeof value === 'string' && isInteger(Number(/^overlapping:([1-9]\d*)$/.exec(value)?.[1]), option)),
    read: readNumber,
    placeholder: 'all|N|overlapping:N',
    typescript: () => "'all' | number | `overlapping:${number}`",
  },
  freeze: {
    expected: option => `"all-but-head" or a whole number${bounds(option)}`,
    check: (value, option) => value === 'all-but-head' || isInteger(value, option),
    read: readNumber,
    placeholder: 'N|all-but-head',
    typescript: () => "'all-but-head' | number",
  },
  depth: {
    expected: () => '"head", "blocks:N" or "all"',
    check: value => typeof value === 'string' && /^(head|all|blocks:[1-9]\d*)$/.test(value),
    read: asIs,
    placeholder: 'head|blocks:N|all',
    typescript: () => "'head' | 'all' | `blocks:${number}`",
  },
  weights: {
    expected: () => '"balanced" or an object with a number above 0 for each tag, such as { rock: 2 }',
    check: isWeights,
    read: readWeights,
    placeholder: 'balanced|TAG=X,...|FILE.json',
    typescript: () => "'balanced' | Readonly<Record<string, number>>",
  },
  architecture: {
    expected: () => 'a preset such as "3^9" or an architecture object',
    check: value => isText(value) || (isObject(value) && isJson(value)),
    read: readArchitecture,
    placeholder: 'PRESET|FILE.json',
    typescript: () => 'Preset | Architecture',
  },
  dataset: {
    expected: datasetExpected,
    check: isDataset,
    read: asIs,
    placeholder: 'KIND',
    typescript: () => 'Dataset',
  },
}
