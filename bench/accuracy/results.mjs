// The results of finished trainings: one JSON file each.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cases, common } from './cases.mjs'

/** The name of a training, of its folder and of the file of its result. */
export function titleOf({ name, program, seed, fold }) {
  return `${name}-${program}${fold === null ? '' : `-fold-${fold}`}-seed-${seed}`
}

const pathOf = (out, training) => join(out, 'results', `${titleOf(training)}.json`)

/** What a result depends on: a result of another protocol is not one of the case. */
const protocolOf = ({ name }) => {
  const { seeds: _seeds, folds: _folds, programs: _programs, against: _against, ...protocol } = cases[name]
  return { ...common, ...protocol }
}

/** The result of a training, or undefined if it is not finished. */
export function readResult(out, training) {
  const path = pathOf(out, training)
  if (!existsSync(path)) return undefined
  const { protocol, ...result } = JSON.parse(readFileSync(path, 'utf8'))
  if (JSON.stringify(protocol) === JSON.stringify(protocolOf(training))) return result
  throw new Error(
    `${path} has the protocol ${JSON.stringify(protocol)}, which is not that of the case: remove the file`,
  )
}

/** Keeps the result of a finished training. */
export function writeResult(out, training, result) {
  const path = pathOf(out, training)
  writeFileSync(`${path}.part`, JSON.stringify({ ...training, ...result, protocol: protocolOf(training) }, null, 2))
  renameSync(`${path}.part`, path)
}
