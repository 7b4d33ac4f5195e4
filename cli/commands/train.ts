import { SampleCnnError } from '../../src/error.js'
import type { TrainOptions } from '../../src/options/interfaces.js'
import { train as verb } from '../../src/options/train.js'
import { train as work } from '../../src/train.js'
import type { LeftOut } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { metrics } from '../metrics.js'
import { shown } from '../paths.js'
import { resumeCommand } from '../resume.js'
import { quoted } from '../shell.js'
import { showTraining } from '../training.js'

/** A line about the clips that could not be used; empty if all clips are usable. */
function leftOut({ clips, damagedClips, damagedPackets }: LeftOut): string {
  const sum = ({ train, valid, test }: LeftOut['clips']): number => train + valid + test
  const parts = [
    ...(sum(clips) > 0 ? [`${sum(clips)} clips left out`] : []),
    ...(sum(damagedClips) > 0 ? [`${sum(damagedClips)} damaged in part (${damagedPackets} packets)`] : []),
  ]
  return parts.length > 0 ? `data: ${parts.join(', ')}; see report.md` : ''
}

/** `samplecnn train`. */
export const train: Command = {
  verb,
  operands: [0, 0],
  continuation: () => 'resume',
  async run({ options, own, typed, output, progress, signal }) {
    try {
      const run = await work({
        ...(options as unknown as TrainOptions),
        ...(typeof own['config'] === 'string' && { config: own['config'] }),
        signal,
        onEvent(event) {
          output.record(event)
          if (event.type !== 'done') showTraining(event, progress)
        },
      })
      progress.clear()
      output.text(`test: ${metrics(run.test, run.seeds?.deviation)}`)
      const left = leftOut(run.leftOut)
      if (left !== '') output.text(left)
      if (run.seeds !== undefined) {
        output.text(`      mean ± deviation of ${run.seeds.runs.length} seeds; with intervals in seeds.md`)
      }
      output.text(`run:  ${shown(run.run)}`)
      output.text(`next: samplecnn tag SONG.mp3 -m ${quoted(shown(run.best))}`)
      return EXIT.ok
    } catch (thrown) {
      if (thrown instanceof SampleCnnError && thrown.code === 'ERR_RUN_EXISTS' && !typed.includes('--json')) {
        progress.line(`to continue it: ${resumeCommand(typed)}`)
      }
      throw thrown
    }
  },
}
