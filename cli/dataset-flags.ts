/**
 * The flags of a dataset: `--dataset KIND --root DIR [--lists DIR] [--split NAME]`, or
 * `--manifest FILE [--positive-from NUMBER]`. Those of another dataset of the same command have a prefix, such as
 * `--source-root`.
 */

import { datasetKinds, mtatSplits } from '../src/dataset.js'
import { type FlagValues, unprefixed } from '../src/options/flags.js'
import { suggest } from '../src/options/suggest.js'
import { UsageError } from './usage.js'

/**
 * Checks that the flags with `prefix` describe exactly one dataset.
 *
 * @throws {UsageError} for a missing or unexpected flag, which the message names.
 */
export function checkDatasetFlags(command: string, values: FlagValues, prefix = ''): void {
  const { dataset, root, lists, split, manifest, 'positive-from': positiveFrom } = unprefixed(values, prefix)
  const refuse = (why: string): never => {
    const named = why.replaceAll(/--(?=(?:dataset|root|lists|split|manifest)\b)/g, `--${prefix}`)
    throw new UsageError(`${command}: ${named}`)
  }
  const all = { dataset, root, lists, split, manifest, 'positive-from': positiveFrom }
  for (const [flag, value] of Object.entries(all)) {
    if (value === '') refuse(`--${flag} is empty`)
  }
  if (manifest !== undefined) {
    const other = Object.entries({ dataset, root, lists, split }).find(([, value]) => value !== undefined)?.[0]
    if (other !== undefined) refuse(`--manifest FILE and --${other} exclude each other: leave out one of them`)
    return
  }
  if (positiveFrom !== undefined) refuse('--positive-from also needs --manifest FILE')
  if (dataset === undefined) {
    if (root !== undefined) refuse(`--root also needs --dataset KIND: ${datasetKinds.join(', ')}`)
    if (lists !== undefined) refuse('--lists also needs --dataset gtzan --root DIR')
    if (split !== undefined) refuse('--split also needs --dataset mtat --root DIR')
    refuse('the dataset is missing: --dataset KIND --root DIR, or --manifest FILE')
  }
  if (!datasetKinds.some(kind => kind === dataset)) {
    const meant = suggest(String(dataset), datasetKinds)
    const advice = meant === undefined ? 'for your own list use --manifest FILE' : `did you mean ${meant}?`
    refuse(`--dataset must be ${datasetKinds.join(', ')}, received "${String(dataset)}"; ${advice}`)
  }
  if (root === undefined) refuse(`--dataset ${String(dataset)} also needs --root DIR, the folder of the dataset`)
  if (lists !== undefined && dataset !== 'gtzan') refuse(`--lists is for --dataset gtzan, not for ${String(dataset)}`)
  if (split === undefined) return
  if (dataset !== 'mtat') refuse(`--split is for --dataset mtat, not for ${String(dataset)}`)
  if (!mtatSplits.some(name => name === split)) {
    const meant = suggest(String(split), mtatSplits)
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    refuse(`--split must be ${mtatSplits.join(', ')}, received "${String(split)}"${advice}`)
  }
}
