import { compare as work } from '../../src/compare.js'
import { compare as verb } from '../../src/options/compare.js'
import type { CompareOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'

/** `samplecnn compare`. */
export const compare: Command = {
  verb,
  operands: [1, Infinity],
  async run({ options, operands, output, progress, signal }) {
    const done = await work({
      ...(options as unknown as CompareOptions),
      runs: operands,
      signal,
      onEvent(event) {
        output.record(event)
      },
    })
    progress.clear()
    for (const line of done.table.trimEnd().split('\n')) output.text(line)
    const single = done.groups.some(({ seeds }) => seeds.length < 2)
    if (single) progress.line('runs of one seed: the intervals do not contain the chance of the seed (train --seeds)')
    // Nothing could be compared although there is something to compare.
    return done.comparable === 0 && done.notComparable > 0 ? EXIT.nothing : EXIT.ok
  },
}
