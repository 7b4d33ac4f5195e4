import { basename } from 'node:path'

import { experiment as work } from '../../src/experiment.js'
import { experiment as verb } from '../../src/options/experiment.js'
import type { ExperimentName } from '../../src/options/experiments.js'
import type { ExperimentOptions } from '../../src/options/interfaces.js'
import type { ExperimentRow } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { compact, count, metric } from '../format.js'
import { shown } from '../paths.js'
import { showTraining } from '../training.js'

/** One row of the table as a line of text. */
function rowLine(row: ExperimentRow): string {
  const { id, parameters, epochs, rocAuc, prAuc, accuracy, timeRatio, published } = row
  const isComparable = published.rocAuc !== null && row.dataset === row.publishedOn
  const paper = isComparable ? ` (published ${metric(published.rocAuc)})` : ''
  return [
    `${id} finished`,
    `${count(parameters)} parameters`,
    `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`,
    `ROC-AUC ${metric(rocAuc)}${paper}`,
    `PR-AUC ${metric(prAuc)}`,
    ...(accuracy === null ? [] : [`accuracy ${metric(accuracy)}`]),
    ...(timeRatio === null ? [] : [`step time ${compact(timeRatio.step)} of ${timeRatio.reference}'s`]),
  ].join('  ')
}

/** `samplecnn experiment`. */
export const experiment: Command = {
  verb,
  operands: [1, 1],
  continuation: () => 'same-line',
  async run({ options, operands: [name = ''], output, progress, signal }) {
    let run = ''
    const done = await work(name as ExperimentName, {
      ...(options as unknown as ExperimentOptions),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'start') run = basename(event.run)
        if (event.type === 'row') progress.line(rowLine(event))
        else if (event.type !== 'done') showTraining(event, progress, run)
        if (event.type === 'row') run = ''
      },
    })
    progress.clear()
    for (const line of done.markdown.split('\n')) output.text(line)
    output.text('')
    output.text(`table: ${shown(done.file)}`)
    return EXIT.ok
  },
}
