/** The command line that continues a stopped command. */

import { quoted } from './shell.js'

/** How to continue a command: with the same command line, or with `--resume`; `never` if it can only start over. */
export type Continuation = 'same-line' | 'resume' | 'never'

/** The command line that continues the command with the words `words`; `undefined` if it cannot be continued. */
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
