import type { PrepareOptions } from '../../src/options/interfaces.js'
import { prepare as verb } from '../../src/options/prepare.js'
import { prepare as work } from '../../src/prepare.js'
import type { Command } from '../command.js'
import { EXIT, exitCodeOfCounts } from '../exit.js'
import { clock } from '../format.js'
import { shown } from '../paths.js'
import { showTraining } from '../training.js'

/** `samplecnn prepare`. */
export const prepare: Command = {
  verb,
  operands: [0, 0],
  continuation: () => 'same-line',
  async run({ options, output, progress, signal }) {
    const prepared = await work({
      ...(options as unknown as PrepareOptions),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'progress' || event.type === 'warning') showTraining(event, progress)
      },
    })
    progress.clear()
    output.text(
      `${prepared.usable} of ${prepared.clips} clips can be used, ${clock(prepared.duration)} of audio; ` +
        `${prepared.decoded} decoded now, ${prepared.failed} unusable, ${prepared.partial} damaged in part` +
        (prepared.unread > 0 ? `, ${prepared.unread} could not be read this time` : ''),
    )
    if (prepared.mel) {
      const { mean, deviation } = prepared.mel
      output.text(`mel:    mean ${mean.toFixed(4)}, deviation ${deviation.toFixed(4)} of the training part`)
    }
    if (prepared.waveform) {
      const { mean, deviation } = prepared.waveform
      output.text(`input:  mean ${mean.toExponential(3)}, deviation ${deviation.toFixed(4)} of the training part`)
    }
    output.text(`cache:  ${shown(prepared.cache)}`)
    if (prepared.failed + prepared.partial > 0) output.text(`report: ${shown(prepared.report)}`)
    return prepared.unread > 0 ? EXIT.unfinished : exitCodeOfCounts(prepared.clips, prepared.failed)
  },
}
