import { tag as verb } from '../../src/options/tag.js'
import type { TagScore, TagTimeline } from '../../src/records/index.js'
import { tag as work } from '../../src/tag.js'
import type { Command } from '../command.js'
import { runOnFiles } from '../file-job.js'

/** The heights of a curve in one line of text, from 0 to 1. */
const heights = '▁▂▃▄▅▆▇█'

/** Largest number of columns of a curve; a longer file has several segments in a column. */
const COLUMNS = 60

/** The scores of the tag `index` over time as a curve in one line of text. */
function curve({ scores }: TagTimeline, index: number): string {
  const columns = Math.min(COLUMNS, scores.length)
  return Array.from({ length: columns }, (_, column) => {
    const [first, end] = [column, column + 1].map(at => Math.floor((at * scores.length) / columns)) as [number, number]
    const mean = scores.slice(first, end).reduce((sum, all) => sum + (all[index] ?? 0), 0) / (end - first)
    return heights[Math.min(heights.length - 1, Math.floor(mean * heights.length))]
  }).join('')
}

/** A line for each tag, with a bar, or with its curve over time. */
export function tagLines(tags: readonly TagScore[], timeline?: TagTimeline): string[] {
  const width = Math.max(0, ...tags.map(({ tag }) => tag.length))
  const picture = (score: number, index: number): string =>
    timeline === undefined ? '█'.repeat(Math.round(score * 20)) : curve(timeline, index)
  return tags.map(({ tag, score }, index) => `  ${tag.padEnd(width)}  ${score.toFixed(3)}  ${picture(score, index)}`)
}

/** What a model says about a file for which no tag is above its threshold. */
export const abstention =
  '  no tag reaches its threshold: the model says nothing about this file (probably silence, speech, noise, or music ' +
  'of a kind that it does not know); --top 5 shows its best guesses'

/** `samplecnn tag`. */
export const tag: Command = {
  verb,
  operands: [0, Infinity],
  continuation: ({ out }) => (out === undefined ? 'never' : 'same-line'),
  run: async context =>
    await runOnFiles(context, verb, work, {
      doing: 'tagging',
      did: 'tagged',
      lines: ({ tags, timeline, abstained }) => (abstained === true ? [abstention] : tagLines(tags, timeline)),
    }),
}
