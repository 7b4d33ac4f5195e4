/** The interface of a command, and what it receives. */

import type { Verb } from '../src/options/table.js'
import type { ExitCode } from './exit.js'
import type { Output } from './output.js'
import type { Progress } from './progress.js'
import type { Continuation } from './resume.js'

/** What a command receives when it runs. */
export interface Context {
  /** The options in the form of the API. */
  readonly options: Readonly<Record<string, unknown>>
  /** The options that exist only on the command line, such as the output file of `import`. */
  readonly own: Readonly<Record<string, unknown>>
  /** The arguments that are not options. */
  readonly operands: readonly string[]
  /** The words after `samplecnn`, for messages that repeat the command line. */
  readonly typed: readonly string[]
  /** Whether records are printed instead of text. */
  readonly json: boolean
  /** Results, on stdout. */
  readonly output: Output
  /** Progress and notices, on stderr. */
  readonly progress: Progress
  /** Aborts when the process receives a signal such as Ctrl-C. */
  readonly signal: AbortSignal
}

/** A command of `samplecnn`. */
export interface Command {
  /** The name, options and examples of the command. */
  readonly verb: Verb
  /** The smallest and largest number of operands. */
  readonly operands: readonly [least: number, most: number]
  /** How to continue the command after Ctrl-C. Default: not possible. */
  readonly continuation?: (options: Readonly<Record<string, unknown>>) => Continuation
  /** Runs the command. Failures are thrown. */
  readonly run: (context: Context) => Promise<ExitCode>
}
