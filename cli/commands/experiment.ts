import { experiment as work, type ExperimentName } from '../../src/experiment.js'
import { experiment as verb } from '../../src/options/experiment.js'
import type { ExperimentOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { showTraining } from '../training.js'

/** `samplecnn experiment`. */
export const experiment: Command = {
  verb,
  operands: [1, 1],
  async run({ options, operands: [name = ''], output, progress, signal }) {
    let row = 0
    const done = await work(name as ExperimentName, {
      ...(options as unknown as ExperimentOptions),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'row') progress.line(`training ${(row += 1)} finished: ${JSON.stringify(event)}`)
        else if (event.type !== 'done') showTraining(event, progress)
      },
    })
    progress.clear()
    output.text(done.markdown)
    output.text('')
    output.text(`table: ${done.file}`)
    return EXIT.ok
  },
}
