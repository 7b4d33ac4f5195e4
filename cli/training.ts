/** Shows the events of a training to people; used by train, evaluate, prepare, experiment and demo. */

import type { TrainEvent } from '../src/records/index.js'
import { showDownload } from './download.js'
import { clock, compact } from './format.js'
import { metrics } from './metrics.js'
import type { Progress } from './progress.js'

const UNITS: Readonly<Record<string, readonly [label: string, unit: string]>> = {
  prepare: ['preparing', 'clips'],
  check: ['checking the cache', 'clips'],
  train: ['epoch', 'steps'],
  validate: ['validating', 'segments'],
  score: ['testing', 'clips'],
  synthesise: ['generating music', 'clips'],
  visualize: ['analysing', 'units'],
  features: ['computing features', 'segments'],
}

/** Shows one event on `progress`; `prefix` is printed before the label, for example `8000 Hz`. */
export function showTraining(event: Exclude<TrainEvent, { type: 'done' }>, progress: Progress, prefix = ''): void {
  const lead = prefix === '' ? '' : `${prefix}  `
  switch (event.type) {
    case 'start':
      progress.line(
        `${lead}${event.epochsBefore > 0 ? `continuing after epoch ${event.epochsBefore}: ` : ''}` +
          `${event.clips.train} / ${event.clips.valid} / ${event.clips.test} clips in train / valid / test, ` +
          `${event.tags} tags, ${event.parameters.toLocaleString('en-US')} parameters, ` +
          `${event.updatesPerEpoch} updates per epoch, ${event.device}, ` +
          `${event.precision === 'f32' ? '' : `${event.precision}, `}${event.threads} threads`,
      )
      break
    case 'progress': {
      const [label, unit] = UNITS[event.phase] ?? [event.phase, 'units']
      const notes = [
        event.loss === undefined ? '' : `loss ${event.loss.toFixed(4)}`,
        event.failed === undefined || event.failed === 0 ? '' : `${event.failed} unusable`,
      ]
      progress.update({
        label: `${lead}${event.phase === 'train' && event.epoch !== undefined ? `${label} ${event.epoch}` : label}`,
        done: event.done,
        total: event.total,
        unit,
        note: notes.filter(note => note !== '').join('  '),
      })
      break
    }
    case 'epoch':
      progress.line(
        `${lead}epoch ${String(event.epoch).padStart(3)}  stage ${event.stage}  ` +
          `rate ${compact(event.learningRate).padEnd(8)}` +
          `  train ${event.trainLoss.toFixed(4)}  ` +
          `valid ${event.validLoss === null ? '     -' : event.validLoss.toFixed(4)}` +
          `${event.best ? ' *' : '  '}  ${event.segmentsPerSecond.toFixed(0)} segments/s  ${clock(event.seconds)}`,
      )
      break
    case 'warning':
      progress.line(`${lead}warning: ${event.message}`)
      break
    case 'seed':
      progress.line(`${lead}seed ${event.seed} finished: ${metrics(event.test)}`)
      break
    case 'checkpoint':
      break
    case 'download':
      showDownload(event, progress)
      break
    default:
      event satisfies never
  }
}
