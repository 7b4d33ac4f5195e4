/** The command line that goes on where this one stopped. */

/** A word as a shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./^-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** `words`, what was typed after `samplecnn`, with `--resume` and without `--force`. */
export function resumeCommand(words: readonly string[]): string {
  const kept = words.filter(word => word !== '--force')
  return ['samplecnn', ...kept, ...(kept.includes('--resume') ? [] : ['--resume'])].map(quoted).join(' ')
}
