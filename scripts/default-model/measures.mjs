// Agreement of a student's scores with its teacher's weights.
import { readFileSync } from 'node:fs'

/** The scores that a run wrote, `predictions-test.csv` and the like: the columns are path, tags, then the scores. */
export function readScores(path) {
  const [head, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n')
  const clips = rows.map(row => {
    const [name, , ...scores] = row.split(',')
    return { path: name, scores: scores.map(Number) }
  })
  return { tags: head.split(',').slice(2), clips }
}

/** Mean binary cross-entropy of the scores with the weights. */
export function crossEntropy(scores, weights) {
  const terms = scores.map((score, n) => {
    const p = Math.min(Math.max(score, 1e-7), 1 - 1e-7)
    return -(weights[n] * Math.log(p) + (1 - weights[n]) * Math.log(1 - p))
  })
  return terms.reduce((sum, term) => sum + term, 0) / terms.length
}

/** Spearman's rank correlation, ties averaged. */
export function rankCorrelation(first, second) {
  const [a, b] = [ranks(first), ranks(second)]
  const middle = (a.length + 1) / 2
  let [both, left, right] = [0, 0, 0]
  a.forEach((rank, n) => {
    both += (rank - middle) * (b[n] - middle)
    left += (rank - middle) ** 2
    right += (b[n] - middle) ** 2
  })
  return both / Math.sqrt(left * right)
}

function ranks(values) {
  const order = values.map((value, at) => [value, at]).sort(([a], [b]) => a - b)
  const result = Array.from(values, () => 0)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to + 1 < order.length && order[to + 1][0] === order[from][0]) to++
    for (let at = from; at <= to; at++) result[order[at][1]] = (from + to) / 2 + 1
    from = to + 1
  }
  return result
}

/** Area under the ROC curve, ties counted half; null without positives or without negatives. */
export function rocAuc(scores, positive) {
  const all = ranks(scores)
  const count = positive.filter(Boolean).length
  if (count === 0 || count === scores.length) return null
  const sum = all.reduce((total, rank, n) => total + (positive[n] ? rank : 0), 0)
  return (sum - (count * (count + 1)) / 2) / (count * (scores.length - count))
}

/**
 * The 95 % interval of `measure(drawn)` over `draws` resamplings of `count` clips; `drawn` has their numbers. Draws
 * without a value are left out.
 */
export function interval(count, measure, draws = 1000) {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const values = []
  for (let draw = 0; draw < draws; draw++) {
    const value = measure(Array.from({ length: count }, () => Math.floor(random() * count)))
    if (value !== null) values.push(value)
  }
  values.sort((a, b) => a - b)
  return [0.025, 0.975].map(share => values[Math.floor(share * (values.length - 1))])
}

/**
 * The score above which a tag is named: the one with the highest expected F1, if the weights are the probabilities that
 * the clips have the tag.
 */
export function threshold(scores, weights) {
  const order = scores.map((score, n) => [score, weights[n]]).sort(([a], [b]) => b - a)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let [found, best, value] = [0, 0, null]
  order.forEach(([score, weight], n) => {
    found += weight
    const expected = (2 * found) / (n + 1 + total)
    const next = order[n + 1]?.[0]
    if (expected > best && next !== score) {
      best = expected
      // Between this score and the next lower one, so that rounding to 16 bits changes nothing.
      value = next === undefined ? score / 2 : (score + next) / 2
    }
  })
  return value
}
