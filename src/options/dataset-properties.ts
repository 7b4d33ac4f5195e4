/** The properties of a dataset option: which kinds have them, their values, and their flags. */

import {
  type Dataset,
  datasetKinds,
  escSubsets,
  fmaSubsets,
  gtzanSplits,
  jamendoSplits,
  jamendoSubsets,
  mtatSplits,
} from '../dataset.js'
import { fileTextOf } from '../path.js'
import { limits } from './limits.js'
import { isList } from './list.js'
import { isObject } from './object.js'

/** The name of a kind. */
export type DatasetKind = Dataset['kind']

/** A property of a dataset option. */
export interface DatasetProperty {
  /** One sentence without a full stop, for help and docs. */
  readonly help: string
  /** The placeholder after the flag. */
  readonly placeholder: string
  /** The default in words. */
  readonly default?: string
  /** The name of the flag if it is not that of the property. */
  readonly flag?: string
  /** The kinds that have the property. */
  readonly kinds: readonly DatasetKind[]
  /** Whether the kinds need it. */
  readonly required?: true
  /** The only values for each kind. */
  readonly values?: Readonly<Partial<Record<DatasetKind, readonly (string | number)[]>>>
  /** What the value is. */
  readonly type: 'path' | 'text' | 'count' | 'weight' | 'texts'
}

const all: readonly DatasetKind[] = [...datasetKinds, 'manifest']
const splits = { mtat: mtatSplits, gtzan: gtzanSplits, jamendo: jamendoSplits } as const
const subsets = { jamendo: jamendoSubsets, fma: fmaSubsets, esc50: escSubsets } as const

/** `mtat: a, b; gtzan: c` */
function listed(values: Readonly<Record<string, readonly (string | number)[]>>): string {
  return Object.entries(values)
    .map(([kind, names]) => `${kind}: ${names.join(', ')}`)
    .join('; ')
}

/** The expected value of a dataset option in words, for messages. */
export function datasetExpected(): string {
  const kinds = datasetKinds.map(kind => `"${kind}"`).join(' or ')
  return (
    `{ kind: ${kinds}, root: "folder" } or { kind: "manifest", path: "file" }, with the properties of that kind: ` +
    `split (${listed(splits)}), subset (${listed(subsets)}), ` +
    'positiveFrom: a number above 0 to 1 (manifest), and others'
  )
}

/** Every property except the kind, in the order of the help. */
export const datasetProperties = {
  root: { help: 'folder of the dataset', placeholder: 'DIR', kinds: datasetKinds, required: true, type: 'path' },
  lists: {
    help: "folder of the dataset's published lists, if they are not in its own folder",
    placeholder: 'DIR',
    kinds: ['mtat', 'gtzan', 'jamendo', 'fma', 'tagtraum', 'msd'],
    type: 'path',
  },
  split: {
    help:
      `published split (${listed(splits)}); kaist: tagged clips of at least ${limits.mtatShortestSeconds} s as in ` +
      'the papers, tagged and tae-jun: tagged ones of any length, pons: all',
    placeholder: 'NAME',
    default: 'the first one',
    kinds: Object.keys(splits) as DatasetKind[],
    values: splits,
    type: 'text',
  },
  subset: {
    help: `part of the dataset (${listed(subsets)})`,
    placeholder: 'NAME',
    default: 'the first one',
    kinds: Object.keys(subsets) as DatasetKind[],
    values: subsets,
    type: 'text',
  },
  path: {
    help: 'list of clips, instead of a dataset: CSV with the columns path,tags,split (tags joined by |), or JSONL',
    placeholder: 'FILE',
    flag: 'manifest',
    kinds: ['manifest'],
    required: true,
    type: 'path',
  },
  positiveFrom: {
    help: 'mean weight from which a soft target of a manifest counts as a tag, in metrics and counts',
    placeholder: 'NUMBER',
    default: '0.5',
    kinds: ['manifest'],
    type: 'weight',
  },
  tagList: {
    help: 'file with the tags to use, in the order of the outputs: one per line',
    placeholder: 'FILE',
    default: 'all tags',
    kinds: all,
    type: 'path',
  },
  topTags: {
    help: 'number of tags to use, those with the most clips',
    placeholder: 'N',
    default: 'all tags',
    kinds: all,
    type: 'count',
  },
  minPositives: {
    help: 'use only tags of at least this many clips',
    placeholder: 'N',
    default: '1',
    kinds: all,
    type: 'count',
  },
  mergeTags: {
    help: 'tags with the same meaning, such as "man = male voice": they become the first one; may be repeated',
    placeholder: 'RULE',
    kinds: all,
    type: 'texts',
  },
  mergeFile: { help: 'file with such rules, one per line', placeholder: 'FILE', kinds: all, type: 'path' },
  group: {
    help: 'artist, album or a column of the manifest: draw a split in which no value is in two parts',
    placeholder: 'NAME',
    kinds: all,
    type: 'text',
  },
  fold: {
    help: 'fold for the test; the next one is for validation, the others are for training',
    placeholder: 'K',
    default: '1 for esc50',
    kinds: all,
    type: 'count',
  },
} as const satisfies Readonly<Record<string, DatasetProperty>>

/** Every property with its name. */
export const datasetEntries: readonly (readonly [name: string, property: DatasetProperty])[] =
  Object.entries(datasetProperties)

/** Whether `value` is a dataset option: a known kind with all it needs and nothing else. */
export function isDataset(value: unknown): value is Dataset {
  if (!isObject(value)) return false
  const { kind, ...others } = value
  if (!all.some(known => known === kind)) return false
  const known = new Map(datasetEntries.filter(([, { kinds }]) => kinds.some(name => name === kind)))
  if (Object.entries(others).some(([name, entry]) => entry !== undefined && !known.has(name))) return false
  return [...known].every(([name, property]) => {
    const entry = Object.hasOwn(others, name) ? others[name] : undefined
    return entry === undefined ? property.required !== true : holds(property, kind as DatasetKind, entry)
  })
}

/** Whether `value` is one that the property can have for this kind. */
export function holds(property: DatasetProperty, kind: DatasetKind, value: unknown): boolean {
  const choices = property.values?.[kind]
  if (choices !== undefined) return choices.some(choice => choice === value)
  switch (property.type) {
    case 'path':
      return fileTextOf(value) !== undefined
    case 'text':
      return isText(value)
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 1
    case 'weight':
      return typeof value === 'number' && value > 0 && value <= 1
    case 'texts':
      return isList(value, isText)
  }
}

/** The value of a property from the text of its flag. A text that cannot be read is returned unchanged. */
export function readProperty(property: DatasetProperty, kind: DatasetKind | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (property.type === 'weight') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
  const choices = kind === undefined ? undefined : property.values?.[kind]
  const isWhole = property.type === 'count' || choices?.some(choice => typeof choice === 'number') === true
  return isWhole && /^\d{1,15}$/.test(text) ? Number(text) : text
}

/** The name of a property in words, with its expected values for this kind. */
export function expectedOf(property: DatasetProperty, kind: DatasetKind): string {
  const choices = property.values?.[kind]
  if (choices !== undefined) return choices.join(', ')
  if (property.type === 'weight') return 'a number above 0 and at most 1'
  return property.type === 'count' ? 'a whole number from 1' : 'a text'
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.isWellFormed()
