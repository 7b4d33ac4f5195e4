/** What a command is, and what it gets to work with. */

import type { Verb } from '../src/options/table.js'
import type { ExitCode } from './exit.js'
import type { Output } from './output.js'
import type { Progress } from './progress.js'
import type { Continuation } from './resume.js'

/** What a command gets to work with. */
export interface Context {
  /** The options of the verb, as the API takes them. */
  readonly options: Readonly<Record<string, unknown>>
  /** The options that only the command line has, such as where `import` writes. */
  readonly own: Readonly<Record<string, unknown>>
  /** What was typed besides options. */
  readonly operands: readonly string[]
  /** The command line after `samplecnn`, for messages that repeat it. */
  readonly typed: readonly string[]
  /** Whether records are printed instead of text. */
  readonly json: boolean
  /** Results: stdout. */
  readonly output: Output
  /** Progress and notices: stderr. */
  readonly progress: Progress
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

/** A command of `samplecnn`. */
export interface Command {
  /** Its name, options and examples. */
  readonly verb: Verb
  /** The fewest and most operands. */
  readonly operands: readonly [least: number, most: number]
  /** How it goes on after Ctrl-C. Default: not at all. */
  readonly continuation?: (options: Readonly<Record<string, unknown>>) => Continuation
  /** Does it. Failures are thrown. */
  readonly run: (context: Context) => Promise<ExitCode>
}
