/** The card of a model in a few lines of text, for `inspect`. */

import type { CardOutput, CardScores, ModelCard } from '../../src/records/index.js'
import { between } from '../format.js'

/** A value with its 95 % interval: `0.812 (0.790 to 0.834)`. */
export function withInterval(value: number, interval: readonly [number, number] | undefined): string {
  return `${value.toFixed(3)}${interval === undefined ? '' : ` (${between(interval)})`}`
}

/** The accuracy of a measurement, if it has one: `accuracy 0.8 (0.7 to 0.9)`. */
export function accuracyOf({ accuracy, accuracyInterval }: CardScores): string {
  return accuracy === undefined ? '' : `accuracy ${withInterval(accuracy, accuracyInterval)}`
}

/** The averages of a measurement: `ROC-AUC 0.812 (0.790 to 0.834), PR-AUC 0.3`. */
export function averages({ rocAuc, rocAucInterval, prAuc, prAucInterval }: CardScores): string {
  return [
    rocAuc === undefined ? '' : `ROC-AUC ${withInterval(rocAuc, rocAucInterval)}`,
    prAuc === undefined ? '' : `PR-AUC ${withInterval(prAuc, prAucInterval)}`,
  ]
    .filter(part => part !== '')
    .join(', ')
}

/** The output rule in words. */
export function ruleInWords({ top }: CardOutput): string {
  const tags = top === 1 ? 'the best tag' : `at most ${top} tags`
  return `${tags} above the thresholds in the model; if there is none, the model says nothing about the file`
}

/** The facts of a card that fit into lines; `cardPage` has all of them. */
export function cardLines(card: ModelCard): string[] {
  const { name, version, summary, attribution, data = [], teacher, scores = [], withheld = [], limits = [] } = card
  const title = [name, version].filter(part => part !== undefined).join(' ')
  return [
    ...(title === '' ? [] : [`card: ${title}`]),
    ...(summary === undefined ? [] : [`  ${summary}`]),
    ...data.map(({ name: title, licence }) => `  data: ${title}${licence === undefined ? '' : ` (${licence})`}`),
    ...(attribution === undefined ? [] : [`  attribution: ${attribution}`]),
    ...(teacher === undefined
      ? []
      : [`  teacher: ${teacher.name}${teacher.licence === undefined ? '' : ` (${teacher.licence})`}`]),
    ...scores.map(entry => {
      const numbers = [accuracyOf(entry), averages(entry)].filter(part => part !== '').join(', ')
      return `  measured on ${entry.measuredOn}: ${numbers || 'see --card'}`
    }),
    ...(withheld.length === 0 ? [] : [`  left out: ${withheld.map(({ tag }) => tag).join(', ')}`]),
    ...limits.map(limit => `  limit: ${limit}`),
    ...(card.output === undefined ? [] : [`  default output of tag: ${ruleInWords(card.output)}`]),
  ]
}
