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
  const flag = (name: string): string => `--${prefix}${name}`
  const refuse = (why: string): never => {
    throw new UsageError(`${command}: ${why}`)
  }
  const [kindFlag, rootFlag, manifestFlag] = [flag('dataset'), flag('root'), flag('manifest')]
  const { dataset, manifest } = values
  const given = datasetEntries.filter(([name]) => values[datasetFlag(name)] !== undefined)
  for (const name of ['dataset', ...given.map(([property]) => datasetFlag(property))]) {
    const value = values[name]
    if (value === '' || (Array.isArray(value) && value.includes(''))) refuse(`${flag(name)} is empty`)
  }
  if (manifest !== undefined && dataset !== undefined) {
    refuse(`${manifestFlag} FILE and ${kindFlag} exclude each other: leave out one of them`)
  }
  if (manifest === undefined && dataset === undefined) {
    const [name] = given[0] ?? []
    const either = `${kindFlag} KIND ${rootFlag} DIR, or ${manifestFlag} FILE`
    if (name === 'root') refuse(`${rootFlag} also needs ${kindFlag} KIND: ${datasetKinds.join(', ')}`)
    if (name !== undefined) refuse(`${flag(datasetFlag(name))} also needs ${either}`)
    refuse(`the dataset is missing: ${either}`)
  }
  if (dataset !== undefined && !datasetKinds.some(kind => kind === dataset)) {
    const meant = suggest(String(dataset), datasetKinds)
    const advice = meant === undefined ? `for your own list use ${manifestFlag} FILE` : `did you mean ${meant}?`
    refuse(`${kindFlag} must be ${datasetKinds.join(', ')}, received "${String(dataset)}"; ${advice}`)
  }
  const kind = (dataset ?? 'manifest') as DatasetKind
  for (const [name, property] of given) {
    const own = flag(datasetFlag(name))
    if (!property.kinds.includes(kind)) {
      if (property.kinds.every(other => other === 'manifest')) refuse(`${own} also needs ${manifestFlag} FILE`)
      if (kind === 'manifest') refuse(`${manifestFlag} FILE and ${own} exclude each other: leave out one of them`)
      refuse(`${own} is for ${kindFlag} ${property.kinds.join(', ')}, not for ${kind}`)
    }
    const value = readProperty(property, kind, values[datasetFlag(name)])
    if (holds(property, kind, value)) continue
    const choices = (property.values?.[kind] ?? []).map(String)
    const meant = choices.some(choice => Number.isNaN(Number(choice))) ? suggest(String(value), choices) : undefined
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    refuse(`${own} must be ${expectedOf(property, kind)}, received "${String(value)}"${advice}`)
  }
  if (dataset !== undefined && values['root'] === undefined) {
    refuse(`${kindFlag} ${kind} also needs ${rootFlag} DIR, the folder of the dataset`)
  }
}
