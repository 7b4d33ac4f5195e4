import { experiment as work } from '../../src/experiment.js'
import { experiment as verb } from '../../src/options/experiment.js'
import type { ExperimentName } from '../../src/options/experiments.js'
import type { ExperimentOptions } from '../../src/options/interfaces.js'
import type { ExperimentClaim, ExperimentRow } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { compact, metric } from '../format.js'
import { shown } from '../paths.js'
import { showTraining } from '../training.js'
import { UsageError } from '../usage.js'

/** One row of the table as a line of text. */
function rowLine({ id, cells, published, runs }: ExperimentRow): string {
  const seeds = runs.length > 1 ? `  ${runs.length} seeds` : ''
  const values = Object.entries(cells).flatMap(([name, { value, deviation }]) => {
    if (value === null) return []
    const spread = deviation === null ? '' : ` ± ${compact(deviation)}`
    const paper = published[name]?.comparable === true ? ` (published ${compact(published[name].value)})` : ''
    return [`${name} ${value > 0 && value < 1 ? metric(value) : compact(value)}${spread}${paper}`]
  })
  const failure = runs.find(run => run.failure !== null)?.failure
  return [`${id} finished${seeds}`, ...values, ...(failure ? [`failed: ${failure.message}`] : [])].join('  ')
}

/** A claim with its verdict as a line of text. */
function claimLine({ text, verdict, reason, interval }: ExperimentClaim): string {
  if (verdict === null) return `not asked: ${text} (${reason})`
  const words = verdict === 'too noisy' ? 'too noisy to say' : verdict
  const [low, high] = interval ?? [0, 0]
  return `${words}: ${text}${low === high ? '' : ` (${metric(low)} to ${metric(high)})`}`
}

/** `samplecnn experiment`. */
export const experiment: Command = {
  verb,
  operands: [1, Infinity],
  continuation: () => 'same-line',
  async run({ options, operands: [name = '', ...others], output, progress, signal }) {
    const { merge, ...given } = options as unknown as ExperimentOptions & { merge?: readonly string[] }
    if (merge === undefined && others.length > 0) {
      const found = `unexpected argument "${others[0]}"`
      throw new UsageError(`experiment: ${found}; usage: samplecnn experiment ${verb.usage}`)
    }
    const done = await work(
      name as ExperimentName,
      {
        ...(given as ExperimentOptions),
        ...(merge !== undefined && { merge: [...merge, ...others] }),
        signal,
        onEvent(event) {
          output.record(event)
          if (event.type === 'row') progress.line(rowLine(event))
          else if (event.type === 'claim') progress.line(claimLine(event))
          else if (event.type !== 'done') showTraining(event, progress, 'training' in event ? event.training : '')
        },
      } as ExperimentOptions,
    )
    progress.clear()
    for (const line of done.markdown.split('\n')) output.text(line)
    output.text('')
    output.text(`table: ${shown(done.file)}`)
    output.text(`report: ${shown(done.report)}`)
    return EXIT.ok
  },
}
