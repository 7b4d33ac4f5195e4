import type { ProbeOptions } from '../../src/options/interfaces.js'
import { probe as verb } from '../../src/options/probe.js'
import { probe as work } from '../../src/probe.js'
import type { ProbeEvent } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { clock, compact, count } from '../format.js'
import { metrics, perTagLines } from '../metrics.js'
import { shown } from '../paths.js'
import type { Progress } from '../progress.js'
import { showTraining } from '../training.js'

/** Shows one event on `progress`. */
function show(event: Exclude<ProbeEvent, { type: 'done' }>, progress: Progress): void {
  switch (event.type) {
    case 'start':
      progress.line(
        `${event.clips.train} / ${event.clips.valid} / ${event.clips.test} clips in train / valid / test, ` +
          `${event.width} features, ${event.tags} tags, ${count(event.parameters)} parameters, ` +
          `${event.updatesPerEpoch} updates per epoch, ${event.device}, ${event.threads} threads`,
      )
      break
    case 'epoch':
      progress.line(
        `seed ${event.seed}  epoch ${String(event.epoch).padStart(3)}  rate ${compact(event.learningRate).padEnd(8)}` +
          `  train ${event.trainLoss.toFixed(4)}  valid ${event.validLoss.toFixed(4)}${event.best ? ' *' : '  '}` +
          `  ${clock(event.seconds)}`,
      )
      break
    case 'trial':
      progress.line(`seed ${event.seed} finished: best epoch ${event.bestEpoch}  ${metrics(event.test)}`)
      break
    default:
      showTraining(event, progress)
  }
}

/** `samplecnn probe`. */
export const probe: Command = {
  verb,
  operands: [0, 1],
  continuation: () => 'same-line',
  async run({ options, operands: [source], output, progress, signal }) {
    const done = await work({
      ...(options as unknown as ProbeOptions),
      ...(source !== undefined && { source }),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type !== 'done') show(event, progress)
      },
    })
    progress.clear()
    for (const line of perTagLines(done.perTag)) output.text(line)
    output.text('')
    if (done.skipped.length > 0) output.text(`left out of the averages: ${done.skipped.join(', ')}`)
    output.text(`${done.clips} clips: ${metrics(done.test, done.deviation)}`)
    output.text(`result: ${shown(done.result)}`)
    return EXIT.ok
  },
}
