/** The metrics of a model or a classifier, in lines for people. */

import type { Metrics, TagMetrics } from '../src/records/index.js'
import { metric, table } from './format.js'

/** The metrics in one line, each with its deviation if it is known. */
export function metrics(test: Metrics, deviation?: Metrics): string {
  const cell = (value: number | null, spread: number | null | undefined): string =>
    spread === null || spread === undefined ? metric(value) : `${metric(value)} ± ${metric(spread)}`
  return (
    `ROC-AUC ${cell(test.rocAuc, deviation?.rocAuc)}  ` +
    `PR-AUC ${cell(test.prAuc, deviation?.prAuc)}  accuracy ${cell(test.accuracy, deviation?.accuracy)}`
  )
}

/** A table with a line for each tag. */
export function perTagLines(perTag: readonly TagMetrics[]): string[] {
  const rows = perTag.map(({ tag, rocAuc, prAuc, positives }) => [
    tag,
    metric(rocAuc),
    metric(prAuc),
    String(positives),
  ])
  return table([['tag', 'ROC-AUC', 'PR-AUC', 'positives'], ...rows], new Set([1, 2, 3]))
}
