/** Suggests the name that a user probably meant. */

import { suggest } from '../src/options/suggest.js'

/** The only name in `names` that begins with `word`, else the most similar one if it is similar enough. */
export function meant(word: string, names: readonly string[]): string | undefined {
  const longer = word.length > 1 ? names.filter(name => name.startsWith(word)) : []
  return longer.length === 1 ? longer[0] : suggest(word, names)
}
