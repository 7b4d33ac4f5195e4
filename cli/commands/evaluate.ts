import { evaluate as work } from '../../src/evaluate.js'
import { evaluate as verb } from '../../src/options/evaluate.js'
import type { EvaluateOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { exitCodeOfCounts } from '../exit.js'
import { compact } from '../format.js'
import { averageLines, metrics, perTagLines } from '../metrics.js'
import { showTraining } from '../training.js'

/** `samplecnn evaluate`. */
export const evaluate: Command = {
  verb,
  operands: [0, 1],
  async run({ options, operands: [model], output, progress, signal }) {
    const evaluation = await work({
      ...(options as unknown as EvaluateOptions),
      ...(model !== undefined && { model }),
      signal,
      onEvent(event) {
        if (event.type !== 'evaluation') showTraining(event, progress)
      },
    })
    progress.clear()
    output.record(evaluation)
    for (const line of perTagLines(evaluation.perTag)) output.text(line)
    output.text('')
    const unranked = evaluation.skipped.filter(tag => !evaluation.absent.includes(tag))
    if (unranked.length > 0) output.text(`left out of the averages: ${unranked.join(', ')}`)
    if (evaluation.absent.length > 0)
      output.text(`not in the dataset, left out of all metrics: ${evaluation.absent.join(', ')}`)
    if (evaluation.segmentsFrom === 'training' || evaluation.clipSecondsFrom === 'training') {
      const seconds =
        evaluation.clipSeconds === null ? 'whole clips' : `${compact(evaluation.clipSeconds)} s of each clip`
      output.text(`evaluated as in the training: ${evaluation.segmentRule}; ${seconds}`)
    }
    if (evaluation.acrossSegments === 'max') output.text('scores are the maximum over the segments of a clip')
    if (evaluation.few.length > 0) output.text(`tags with fewer than 10 clips: ${evaluation.few.join(', ')}`)
    for (const line of averageLines(evaluation)) output.text(line)
    if (evaluation.failed > 0) output.text(`clips that cannot be used: ${evaluation.failed}`)
    output.text(`${evaluation.clips} clips: ${metrics(evaluation)}`)
    return exitCodeOfCounts(evaluation.clips + evaluation.failed, evaluation.failed)
  },
}
