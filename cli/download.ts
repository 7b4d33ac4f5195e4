/** Shows the download of a model to people. */

import type { ModelEvent } from '../src/records/index.js'
import type { Progress } from './progress.js'

/** Shows one event on `progress`; the last one of a download is a line. */
export function showDownload(event: ModelEvent, progress: Progress): void {
  if (event.type === 'warning') return progress.line(`warning: ${event.message}`)
  const { model, bytes, total, seconds } = event
  const kilobytes = (count: number): number => Math.ceil(count / 1000)
  if (bytes === total && seconds > 0) {
    return progress.line(`downloaded ${model}: ${kilobytes(bytes)} kB in ${seconds.toFixed(1)} s`)
  }
  progress.update({
    label: `downloading ${model}`,
    done: kilobytes(bytes),
    total: total === null ? null : kilobytes(total),
    unit: 'kB',
  })
}
