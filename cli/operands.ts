/** Options that only the command line has. */

import { UsageError } from './usage.js'

/** The value of `--out`, which `command` needs. */
export function outputPath(command: string, { out }: Readonly<Record<string, unknown>>): string {
  if (typeof out === 'string' && out !== '') return out
  throw new UsageError(`${command}: -o is missing: where the result is written`)
}
