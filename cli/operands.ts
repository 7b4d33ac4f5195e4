/** Options that exist only on the command line. */

import { UsageError } from './usage.js'

/** The value of `--out`, which `command` requires. */
export function outputPath(command: string, { out }: Readonly<Record<string, unknown>>): string {
  if (typeof out === 'string' && out !== '') return out
  throw new UsageError(`${command}: -o is missing: it sets where the result is written`)
}
