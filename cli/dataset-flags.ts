/**
 * The flags of a dataset: `--dataset KIND --root DIR`, or `--manifest FILE`, and those of a selection of tags. Those of
 * another dataset of the same command have a prefix, such as `--source-root`.
 */

import { datasetKinds } from '../src/dataset.js'
import { datasetEntries, type DatasetKind, expectedOf, holds, readProperty } from '../src/options/dataset-properties.js'
import { datasetFlag, type FlagValues, unprefixed } from '../src/options/flags.js'
import { suggest } from '../src/options/suggest.js'
import { UsageError } from './usage.js'

/**
 * Checks that the flags with `prefix` describe exactly one dataset.
 *
 * @throws {UsageError} for a missing or unexpected flag, which the message names.
 */
export function checkDatasetFlags(command: string, all: FlagValues, prefix = ''): void {
  const values = unprefixed(all, prefix)
  const refuse = (why: string): never => {
    const named = why.replaceAll('--', `--${prefix}`)
    throw new UsageError(`${command}: ${named}`)
  }
  const { dataset, manifest } = values
  const given = datasetEntries.filter(([name]) => values[datasetFlag(name)] !== undefined)
  for (const flag of ['dataset', ...given.map(([name]) => datasetFlag(name))]) {
    const value = values[flag]
    if (value === '' || (Array.isArray(value) && value.includes(''))) refuse(`--${flag} is empty`)
  }
  if (manifest !== undefined && dataset !== undefined) {
    refuse('--manifest FILE and --dataset exclude each other: leave out one of them')
  }
  if (manifest === undefined && dataset === undefined) {
    const [name] = given[0] ?? []
    if (name === 'root') refuse(`--root also needs --dataset KIND: ${datasetKinds.join(', ')}`)
    if (name !== undefined) refuse(`--${datasetFlag(name)} also needs --dataset KIND --root DIR, or --manifest FILE`)
    refuse('the dataset is missing: --dataset KIND --root DIR, or --manifest FILE')
  }
  if (dataset !== undefined && !datasetKinds.some(kind => kind === dataset)) {
    const meant = suggest(String(dataset), datasetKinds)
    const advice = meant === undefined ? 'for your own list use --manifest FILE' : `did you mean ${meant}?`
    refuse(`--dataset must be ${datasetKinds.join(', ')}, received "${String(dataset)}"; ${advice}`)
  }
  const kind = (dataset ?? 'manifest') as DatasetKind
  for (const [name, property] of given) {
    const flag = datasetFlag(name)
    if (!property.kinds.includes(kind)) {
      if (property.kinds.every(own => own === 'manifest')) refuse(`--${flag} also needs --manifest FILE`)
      if (kind === 'manifest') refuse(`--manifest FILE and --${flag} exclude each other: leave out one of them`)
      refuse(`--${flag} is for --dataset ${property.kinds.join(', ')}, not for ${kind}`)
    }
    const value = readProperty(property, kind, values[flag])
    if (holds(property, kind, value)) continue
    const choices = (property.values?.[kind] ?? []).map(String)
    const meant = choices.some(choice => Number.isNaN(Number(choice))) ? suggest(String(value), choices) : undefined
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    refuse(`--${flag} must be ${expectedOf(property, kind)}, received "${String(value)}"${advice}`)
  }
  if (dataset !== undefined && values['root'] === undefined) {
    refuse(`--dataset ${kind} also needs --root DIR, the folder of the dataset`)
  }
}
