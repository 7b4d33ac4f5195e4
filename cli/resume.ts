/** The command line that goes on where this one stopped. */

import { quoted } from './shell.js'

/** How a command is continued: by its own line again, or with `--resume`; `never` where it begins anew. */
export type Continuation = 'same-line' | 'resume' | 'never'

/** The line that continues `words`, what was typed after `samplecnn`; none where nothing does. */
export function continuationOf(how: Continuation, words: readonly string[]): string | undefined {
  if (how === 'never') return undefined
  return how === 'resume' ? resumeCommand(words) : commandLine(words)
}

/** `words` with `--resume` and without `--force`. */
export function resumeCommand(words: readonly string[]): string {
  const kept = words.filter(word => word !== '--force')
  return commandLine(kept.includes('--resume') ? kept : [...kept, '--resume'])
}

function commandLine(words: readonly string[]): string {
  return ['samplecnn', ...words].map(quoted).join(' ')
}
