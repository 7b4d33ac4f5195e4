/** Negative numbers as values of flags. */

import type { ParseArgsConfig } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * Rewrites `--seed -1` as `--seed=-1`, because parseArgs would read `-1` as another flag. The number is then checked
 * like any other value, with a message that names the limits. A word that is a declared flag, such as `-0`, is not
 * changed.
 */
export function joinNegativeNumbers(words: readonly string[], options: Options): string[] {
  const joined: string[] = []
  const end = words.indexOf('--')
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const next = words[at + 1]
    const flag = end >= 0 && at >= end ? undefined : valueFlag(word, options)
    if (flag !== undefined && next !== undefined && isNegative(next) && !isFlag(next, options)) {
      joined.push(`--${flag}=${next}`)
      at += 1
    } else {
      joined.push(word)
    }
  }
  return joined
}

/** The long name of the flag `word` if it takes a value that is not part of the word. */
function valueFlag(word: string, options: Options): string | undefined {
  const found = Object.entries(options).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)
  return found?.[1].type === 'string' ? found[0] : undefined
}

function isNegative(word: string): boolean {
  return word.startsWith('-') && word.split(',').every(part => part.trim() !== '' && Number.isFinite(Number(part)))
}

function isFlag(word: string, options: Options): boolean {
  return Object.values(options).some(({ short }) => word === `-${short}`)
}
