import { distill as work } from '../../src/distill.js'
import { distill as verb } from '../../src/options/distill.js'
import type { DistillOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { count } from '../format.js'
import { shown } from '../paths.js'
import { quoted } from '../shell.js'

/** `samplecnn distill`. */
export const distill: Command = {
  verb,
  operands: [1, 1],
  async run({ options, operands: [scores = ''], output }) {
    const done = await work({ ...(options as unknown as DistillOptions), scores })
    output.record(done)
    const rows = done.segments === null ? 'one row of targets each' : `${count(done.segments)} rows of targets`
    output.text(`${count(done.clips)} clips, ${rows}, ${done.tags} tags`)
    if (done.failed > 0) output.text(`left out: ${count(done.failed)} files without usable scores`)
    output.text(`manifest: ${shown(done.manifest)}`)
    output.text(`next: samplecnn train --manifest ${quoted(shown(done.manifest))} -o runs/student`)
    return EXIT.ok
  },
}
