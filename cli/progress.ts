/** Progress on stderr: one redrawn line on a terminal, a plain line now and then elsewhere, and where a terminal has no width. */

import { clock } from './format.js'
import { printable } from './printable.js'

/** What a progress line shows. */
export interface ProgressState {
  /** What is being done, such as `epoch 3`. A new one restarts rate and time left. */
  readonly label: string
  /** Units finished. */
  readonly done: number
  /** Units in all; null where unknown. */
  readonly total: number | null
  /** What a unit is, such as `files`. */
  readonly unit: string
  /** Further facts, such as `3 failed`. */
  readonly note?: string
}

/** Writes progress for people. */
export interface Progress {
  /** Shows a new state, at most ten times a second on a terminal and every 30 s elsewhere. */
  update(state: ProgressState): void
  /** Prints a line above the progress line. What a terminal would obey is escaped. */
  line(text: string): void
  /** Removes the progress line. */
  clear(): void
}

/** Narrower terminals, and those that do not say how wide they are, get plain lines. */
const NARROWEST = 20
const TERMINAL_INTERVAL = 100
const PLAIN_INTERVAL = 30_000
const BAR = 20

/** The text of one state: bar, counts, rate (units a second) and time left, cut to `columns`. */
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

/** Progress on `stream`; nothing at all when `quiet`. */
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
