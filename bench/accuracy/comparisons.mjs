// Paired differences of trainings: of the two programs, and of two cases of samplecnn.
import { cases, trainingsOf } from './cases.mjs'
import { readResult } from './results.mjs'

const metrics = ['rocAuc', 'prAuc', 'accuracy']

/** The 97.5 % quantiles of Student's t distribution for 1, 2, 3 ... degrees of freedom. */
const quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145]

/** What is compared: samplecnn with PyTorch in every case of both, and cases of samplecnn with their `against`. */
function wanted(names) {
  return names.flatMap(name => {
    const { programs, against } = cases[name]
    const first = { name, program: 'samplecnn' }
    return [
      ...(programs.includes('pytorch') ? [[first, { name, program: 'pytorch' }]] : []),
      ...(against ? [[first, { name: against, program: 'samplecnn' }]] : []),
    ]
  })
}

/** The results of both sides whose trainings have the same seed and the same test clips. */
function pairsOf(out, [first, second]) {
  return trainingsOf(first.name)
    .filter(training => training.program === first.program)
    .map(training => [training, { ...training, ...second }].map(one => readResult(out, one)))
    .filter(pair => !pair.includes(undefined))
}

/** The mean of `differences` with its 95 % interval, which needs two of them. */
function estimate(differences) {
  const count = differences.length
  const mean = differences.reduce((sum, value) => sum + value, 0) / count
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  const quantile = quantiles[count - 2]
  if (quantile === undefined) return { mean, interval: undefined }
  const half = quantile * Math.sqrt(variance / count)
  return { mean, interval: [mean - half, mean + half] }
}

/** The comparisons of the cases `names` of which there is at least one pair, one for each metric. */
export function comparisonsOf(out, names) {
  return wanted(names).flatMap(sides => {
    const pairs = pairsOf(out, sides)
    return metrics
      .filter(metric => pairs[0]?.[0][metric] !== undefined)
      .map(metric => {
        const differences = pairs.map(([first, second]) => first[metric] - second[metric])
        return { sides, metric, pairs: pairs.length, ...estimate(differences) }
      })
  })
}
