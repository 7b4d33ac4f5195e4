/** The metrics of a model or a classifier, in lines for people. */

import type { Evaluation, Metrics, TagMetrics } from '../src/records/index.js'
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

/** An interval in brackets; an empty text without an interval. */
function interval(ends: readonly [number, number] | null): string {
  return ends === null ? '' : `[${ends[0].toFixed(4)}, ${ends[1].toFixed(4)}]`
}

/** Averages with their 95 % intervals, and how well the scores are probabilities. */
export function averageLines(evaluation: Evaluation): string[] {
  const { intervals, micro, clipwise } = evaluation
  const rows: (readonly [string, number | null, readonly [number, number] | null])[] = [
    ['accuracy', evaluation.accuracy, intervals.accuracy],
    ['balanced accuracy', evaluation.balancedAccuracy, null],
    ['ROC-AUC, mean over the tags', evaluation.rocAuc, intervals.rocAuc],
    ['ROC-AUC, all cells pooled', micro.rocAuc, null],
    ['ROC-AUC, mean over the clips', clipwise.rocAuc, null],
    ['PR-AUC, mean over the tags', evaluation.prAuc, intervals.prAuc],
    ['PR-AUC, all cells pooled', micro.prAuc, null],
    ['PR-AUC, mean over the clips', clipwise.prAuc, null],
    ['F1 at the thresholds of the training', evaluation.f1, null],
    [evaluation.calibrated ? 'log loss, calibrated' : 'log loss', evaluation.logLoss, null],
    ['expected calibration error', evaluation.calibrationError, null],
  ]
  const shown = rows.filter(([, value]) => value !== null)
  const cells = shown.map(([name, value, ends]) => [name, metric(value), interval(ends)])
  return table([['metric', 'value', '95 % interval'], ...cells], new Set([1]))
}

/** A table with a line for each tag. */
export function perTagLines(perTag: readonly TagMetrics[]): string[] {
  const known = perTag.some(({ rocAucInterval }) => rocAucInterval !== null)
  const rows = perTag.map(({ tag, rocAuc, rocAucInterval, prAuc, prAucInterval, positives }) => [
    tag,
    metric(rocAuc),
    ...(known ? [interval(rocAucInterval)] : []),
    metric(prAuc),
    ...(known ? [interval(prAucInterval)] : []),
    String(positives),
  ])
  return known
    ? table([['tag', 'ROC-AUC', '95 % interval', 'PR-AUC', '95 % interval', 'positives'], ...rows], new Set([1, 3, 5]))
    : table([['tag', 'ROC-AUC', 'PR-AUC', 'positives'], ...rows], new Set([1, 2, 3]))
}
