import { checkDataset as work } from '../../src/check-dataset.js'
import { checkDataset as verb } from '../../src/options/dataset.js'
import type { CheckDatasetOptions } from '../../src/options/interfaces.js'
import type { DatasetFacts, DatasetFinding } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { clock } from '../format.js'
import type { Output } from '../output.js'
import { showTraining } from '../training.js'
import { UsageError } from '../usage.js'

/** `samplecnn dataset check`. */
export const dataset: Command = {
  verb,
  operands: [1, 1],
  continuation: () => 'same-line',
  async run({ options, operands: [action], output, progress, signal }) {
    if (action !== 'check') throw new UsageError(`dataset: the only action is check, received "${action ?? ''}"`)
    const done = await work({
      ...(options as unknown as CheckDatasetOptions),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'progress') return showTraining(event, progress)
        progress.clear()
        if (event.type === 'dataset') showFacts(event, output)
        if (event.type === 'finding') showFinding(event, output)
      },
    })
    progress.clear()
    output.text('')
    output.text(`${done.errors} errors, ${done.warnings} warnings, ${done.notes} notes`)
    return done.errors > 0 ? EXIT.failed : EXIT.ok
  },
}

/** Number of labels of a finding that are shown; `--json` has up to 100. */
const SHOWN_LABELS = 20

function showFinding({ severity, kind, message, labels = [] }: DatasetFinding, output: Output): void {
  output.text(`${severity.padEnd(7)}  ${kind}: ${message}`)
  for (const { clip, tag, given, probability, instead } of labels.slice(0, SHOWN_LABELS)) {
    const label = instead === null ? `${given ? 'has' : 'lacks'} ${tag}` : `is ${tag}, sounds like ${instead}`
    output.text(`         ${clip}: ${label} (probability of ${tag} ${probability.toFixed(2)})`)
  }
}

function showFacts(facts: DatasetFacts, output: Output): void {
  const { train, valid, test } = facts.parts
  output.text(`${facts.split}, ${facts.task}`)
  const audio = facts.duration === null ? '' : `, ${clock(facts.duration)} of audio`
  output.text(`${train} / ${valid} / ${test} usable clips in train / valid / test${audio}`)
  const bad = [
    `${facts.missing} missing`,
    ...(facts.broken === null ? ['audio not decoded'] : [`${facts.broken} broken`]),
    ...(facts.damaged === null ? [] : [`${facts.damaged} damaged in part`]),
    ...(facts.short === null ? [] : [`${facts.short} too short`]),
  ]
  output.text(bad.join(', '))
  for (const results of facts.comparable) output.text(`comparable with ${results}`)
  const width = Math.max(3, ...facts.tags.map(({ tag }) => tag.length))
  output.text('')
  output.text(`${'tag'.padEnd(width)}  train  valid   test`)
  for (const counts of facts.tags) {
    const numbers = [counts.train, counts.valid, counts.test].map(count => String(count).padStart(5))
    output.text(`${counts.tag.padEnd(width)}  ${numbers.join('  ')}`)
  }
  output.text('')
}
