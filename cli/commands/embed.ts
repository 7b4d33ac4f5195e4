import { embed as work } from '../../src/embed.js'
import { embed as verb } from '../../src/options/embed.js'
import type { EmbeddingResult } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { runOnFiles } from '../file-job.js'
import { abstention, tagLines } from './tag.js'

/** Number of values that are shown; `--json` and `-o` have all of them. */
const SHOWN = 6

function lines({ levels, width, values, tags = [], abstained }: EmbeddingResult): string[] {
  const first = values.slice(0, SHOWN).map(value => value.toFixed(3))
  const more = width > SHOWN ? ' ...' : ''
  const said = abstained === true ? [abstention] : tagLines(tags)
  return [`  ${width} values of level ${levels.join(', ')}: ${first.join(' ')}${more}`, ...said]
}

/** `samplecnn embed`. */
export const embed: Command = {
  verb,
  operands: [0, Infinity],
  continuation: ({ out }) => (out === undefined ? 'never' : 'same-line'),
  run: async context => await runOnFiles(context, verb, work, { doing: 'embedding', did: 'embedded', lines }),
}
