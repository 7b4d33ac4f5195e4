import { evaluate as work } from '../../src/evaluate.js'
import { evaluate as verb } from '../../src/options/evaluate.js'
import type { EvaluateOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { metric, table } from '../format.js'

/** `samplecnn evaluate`. */
export const evaluate: Command = {
  verb,
  operands: [1, 1],
  async run({ options, operands: [model = ''], output, signal }) {
    const evaluation = await work({ ...(options as unknown as EvaluateOptions), model, signal })
    output.record(evaluation)
    const rows = evaluation.perTag.map(row => [row.tag, metric(row.rocAuc), metric(row.prAuc), String(row.positives)])
    for (const line of table([['tag', 'ROC-AUC', 'PR-AUC', 'positives'], ...rows], new Set([1, 2, 3])))
      output.text(line)
    output.text('')
    output.text(
      `${evaluation.clips} clips: ROC-AUC ${metric(evaluation.rocAuc)}  PR-AUC ${metric(evaluation.prAuc)}  accuracy ${metric(evaluation.accuracy)}`,
    )
    return EXIT.ok
  },
}
