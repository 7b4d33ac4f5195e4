/**
 * Progress on stderr: one line that is redrawn on a terminal; plain lines at intervals if stderr is not a terminal or
 * its width is unknown.
 */

import { clock } from './format.js'
import { printable } from './printable.js'

/** The state that a progress line shows. */
export interface ProgressState {
  /** The current activity, such as `epoch 3`. A new label restarts the rate and the time left. */
  readonly label: string
  /** Number of finished units. */
  readonly done: number
  /** Total number of units; null if it is unknown. */
  readonly total: number | null
  /** The name of a unit, such as `files`. */
  readonly unit: string
  /** Additional information, such as `3 failed`. */
  readonly note?: string
}

/** Writes progress for people. */
export interface Progress {
  /** Shows a new state, at most ten times per second on a terminal and every 30 s elsewhere. */
  update(state: ProgressState): void
  /** Prints a line above the progress line. Control characters are escaped. */
  line(text: string): void
  /** Removes the progress line. */
  clear(): void
}

/** Terminals that are narrower than this, or whose width is unknown, get plain lines. */
const NARROWEST = 20
const TERMINAL_INTERVAL = 100
const PLAIN_INTERVAL = 30_000
const BAR = 20

/** The text for one state: bar, counts, rate (units per second) and time left, cut to `columns` characters. */
export function render({ label, done, total, unit, note = '' }: ProgressState, rate: number, columns: number): string {
  const parts: string[] = []
  if (total !== null && total > 0) {
    const filled = Math.round(Math.min(1, done / total) * BAR)
    parts.push(`${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${done}/${total} ${unit}`)
  } else {
    parts.push(`${done} ${unit}`)
  }
  if (rate > 0) {
    parts.push(`${rate.toFixed(rate < 10 ? 1 : 0)}/s`)
    if (total !== null && total > done) parts.push(`${clock((total - done) / rate)} left`)
  }
  if (note !== '') parts.push(note)
  const text = `${label}  ${parts.join('  ')}`
  return text.length >= columns ? `${text.slice(0, Math.max(0, columns - 2))}…` : text
}

/** Shows progress on `stream`; does nothing if `quiet` is set. */
export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  const isTerminal = stream.isTTY && !['', 'dumb'].includes(process.env['TERM'] ?? '')
  const isAnimated = (): boolean => isTerminal && stream.columns >= NARROWEST
  let label = ''
  let base = 0
  let began = 0
  let shown = 0
  let drawn = false
  const clear = (): void => {
    if (drawn) stream.write('\r\u001B[2K')
    drawn = false
  }
  return {
    clear,
    line(text) {
      if (quiet) return
      clear()
      stream.write(`${printable(text)}\n`)
    },
    update(state) {
      if (quiet) return
      const now = Date.now()
      const animated = isAnimated()
      if (state.label !== label || state.done < base) {
        label = state.label
        base = state.done
        began = now
        shown = animated ? 0 : now
      }
      if (now - shown < (animated ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) return
      shown = now
      const elapsed = (now - began) / 1000
      const rate = elapsed > 0 ? (state.done - base) / elapsed : 0
      const text = printable(render(state, rate, animated ? stream.columns : Infinity))
      stream.write(animated ? `\r\u001B[2K${text}` : `${text}\n`)
      drawn = animated
    },
  }
}
