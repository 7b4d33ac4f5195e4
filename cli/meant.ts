/** What someone meant who typed a name that does not exist. */

import { suggest } from '../src/options/suggest.js'

/** The one of `names` that begins with `word`, else the one that is nearest, if any is near enough. */
export function meant(word: string, names: readonly string[]): string | undefined {
  const longer = word.length > 1 ? names.filter(name => name.startsWith(word)) : []
  return longer.length === 1 ? longer[0] : suggest(word, names)
}
