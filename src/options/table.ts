/**
 * One table per verb says everything about its options: validation, the command line's flags and help, the TypeScript
 * declarations (`npm run generate`) and the reference in docs/ are all made from it.
 */

import type { KindName, KindValues } from './kinds.js'

/** What holds for an option of any kind. */
interface Facts {
  /** One sentence without its full stop, for help and docs. */
  readonly help: string
  /** The option must be given. */
  readonly required?: true
  /** What happens where the option is left out, in words. Only where there is no `default`. */
  readonly otherwise?: string
  /** The one-letter flag. */
  readonly short?: string
  /** What help shows after the flag, instead of the kind's own word. */
  readonly placeholder?: string
  /** The option exists only in TypeScript, or only on the command line. */
  readonly only?: 'api' | 'cli'
  /** Options that may not be given together with this one. */
  readonly excludes?: readonly string[]
  /** An option without which this one has no meaning. */
  readonly needs?: string
  /** On the command line the value comes as a positional argument, not as a flag. */
  readonly positional?: true
}

/** Facts that only some kinds have. */
interface Bounds {
  /** Of a choice: the values. */
  readonly choices?: readonly string[]
  /** Of a number: the smallest value. */
  readonly minimum?: number
  /** Of a number: the largest value. */
  readonly maximum?: number
  /** Of a number: what it must be greater than. */
  readonly above?: number
  /** Of a number: what it must be less than. */
  readonly below?: number
  /** Of a path: the endings that the name may have, which say what is written. */
  readonly suffixes?: readonly string[]
}

/** An option: its kind, what it does, and the value it has where it is left out. */
export type Option = {
  [K in KindName]: Facts & Bounds & { readonly kind: K; readonly default?: KindValues[K] }
}[KindName]

/** The options of a verb by their names in TypeScript (camelCase); their flags are the same in kebab-case. */
export type Table = Readonly<Record<string, Option>>

/** A verb of the API, which is a command of the command line. */
export interface Verb {
  /** The verb. */
  readonly name: string
  /** What it is called in TypeScript, where that is another name, such as `Model.import`. */
  readonly method?: string
  /** What it does, in one sentence. */
  readonly summary: string
  /** The name of the generated TypeScript interface of its options. */
  readonly interface: string
  /** The TypeScript type of what `onEvent` gets, from `src/records/`; none where the verb has no events. */
  readonly events?: string
  /** Whether the verb takes an AbortSignal. */
  readonly abortable?: true
  /** What follows the verb on the command line, such as `PATH...`. */
  readonly usage: string
  /** Command lines to show, after `samplecnn`. */
  readonly examples: readonly string[]
  /** What else there is to know, in sentences; in help and docs. */
  readonly notes?: string
  /** Its options, in the order in which help lists them. */
  readonly options: Table
}
