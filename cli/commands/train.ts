import { crossValidate } from '../../src/cross-validate.js'
import { SampleCnnError } from '../../src/error.js'
import type { CrossValidationOptions, TrainOptions } from '../../src/options/interfaces.js'
import { train as verb } from '../../src/options/train.js'
import { train as work } from '../../src/train.js'
import type { LeftOut } from '../../src/records/index.js'
import type { Command, Context } from '../command.js'
import { EXIT, type ExitCode } from '../exit.js'
import { metrics } from '../metrics.js'
import { shown } from '../paths.js'
import { resumeCommand } from '../resume.js'
import { quoted } from '../shell.js'
import { showTraining } from '../training.js'
import { UsageError } from '../usage.js'

/** A line about the clips that could not be used; empty if all clips are usable. */
function leftOut({ clips, damagedClips, damagedPackets }: LeftOut): string {
  const sum = ({ train, valid, test }: LeftOut['clips']): number => train + valid + test
  const parts = [
    ...(sum(clips) > 0 ? [`${sum(clips)} clips left out`] : []),
    ...(sum(damagedClips) > 0 ? [`${sum(damagedClips)} damaged in part (${damagedPackets} packets)`] : []),
  ]
  return parts.length > 0 ? `data: ${parts.join(', ')}; see report.md` : ''
}

/** `samplecnn train --folds all`. */
async function trainFolds({ options, own, output, progress, signal }: Context): Promise<ExitCode> {
  if (own['folds'] !== 'all') throw new UsageError(`train: --folds must be all, received "${String(own['folds'])}"`)
  const done = await crossValidate({
    ...(options as unknown as CrossValidationOptions),
    signal,
    onEvent(event) {
      output.record(event)
      if (event.type === 'fold') progress.line(`fold ${event.fold} finished  ${metrics(event.test)}`)
      else if (event.type !== 'done') showTraining(event, progress, 'training' in event ? event.training : '')
    },
  })
  progress.clear()
  for (const { fold, test } of done.folds) output.text(`fold ${fold}:    ${metrics(test)}`)
  output.text(`mean:      ${metrics(done.mean, done.deviation)}`)
  output.text(`table:     ${shown(done.table)}`)
  return EXIT.ok
}

/** `samplecnn train`. */
export const train: Command = {
  verb,
  operands: [0, 0],
  continuation: () => 'resume',
  async run(context) {
    const { options, own, typed, output, progress, signal } = context
    try {
      if (own['folds'] !== undefined) return await trainFolds(context)
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
