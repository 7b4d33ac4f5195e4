import { tag as verb } from '../../src/options/tag.js'
import type { TagScore } from '../../src/records/index.js'
import { tag as work } from '../../src/tag.js'
import type { Command } from '../command.js'
import { runOnFiles } from '../file-job.js'

/** A line for each tag, with a bar. */
export function tagLines(tags: readonly TagScore[]): string[] {
  const width = Math.max(0, ...tags.map(({ tag }) => tag.length))
  return tags.map(
    ({ tag, score }) => `  ${tag.padEnd(width)}  ${score.toFixed(3)}  ${'█'.repeat(Math.round(score * 20))}`,
  )
}

/** `samplecnn tag`. */
export const tag: Command = {
  verb,
  operands: [0, Infinity],
  continuation: ({ out }) => (out === undefined ? 'never' : 'same-line'),
  run: async context =>
    await runOnFiles(context, verb, work, { doing: 'tagging', did: 'tagged', lines: ({ tags }) => tagLines(tags) }),
}
