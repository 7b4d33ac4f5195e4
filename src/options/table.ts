/**
 * One table per verb describes all its options. The validation, the flags and help of the command line, the TypeScript
 * declarations (`npm run generate`) and the reference in docs/ are generated from it.
 */

import type { KindName, KindValues } from './kinds.js'

/** Properties of an option of any kind. */
interface Facts {
  /** One sentence without a full stop, for help and docs. */
  readonly help: string
  /** The option is required. */
  readonly required?: true
  /** What happens if the option is omitted, in words. Only for options without a `default`. */
  readonly otherwise?: string
  /** For a model: the default model is used if the option is omitted. Rust receives the path of its file. */
  readonly defaultModel?: true
  /** The one-letter form of the flag. */
  readonly short?: string
  /** The placeholder after the flag in the help, instead of that of the kind. */
  readonly placeholder?: string
  /** The option exists only in TypeScript, or only on the command line. */
  readonly only?: 'api' | 'cli'
  /** Options that exclude this one. */
  readonly excludes?: readonly string[]
  /** An option that this one requires. */
  readonly needs?: string
  /**
   * A protocol may set the option. Its default is not sent to Rust, which then knows what was given and what the
   * protocol decides.
   */
  readonly ofProtocol?: true
  /** On the command line the value is a positional argument, not a flag. */
  readonly positional?: true
}

/** Properties of options of some kinds. */
interface Bounds {
  /** For a choice: the values. */
  readonly choices?: readonly string[]
  /** For a number: the smallest value. */
  readonly minimum?: number
  /** For a number: the largest value. */
  readonly maximum?: number
  /** For a number: the exclusive lower limit. */
  readonly above?: number
  /** For a number: the exclusive upper limit. */
  readonly below?: number
  /** For a path: the accepted suffixes, which select the format of the file. */
  readonly suffixes?: readonly string[]
}

/** An option: its kind, its help, and its value if it is omitted. */
export type Option = {
  [K in KindName]: Facts & Bounds & { readonly kind: K; readonly default?: KindValues[K] }
}[KindName]

/** The options of a verb by their names in TypeScript (camelCase); the flags have the same names in kebab-case. */
export type Table = Readonly<Record<string, Option>>

/** A verb: a function of the API and usually also a command of the command line. */
export interface Verb {
  /** The name of the verb. */
  readonly name: string
  /** The name in TypeScript if it differs, such as `Model.import`. */
  readonly method?: string
  /** What the verb does, in one sentence. */
  readonly summary: string
  /** The name of the generated TypeScript interface of its options. */
  readonly interface: string
  /** The TypeScript type of the argument of `onEvent`, from `src/records/`; none if the verb has no events. */
  readonly events?: string
  /** Whether the verb accepts an AbortSignal. */
  readonly abortable?: true
  /** The arguments after the verb on the command line, such as `PATH...`. */
  readonly usage: string
  /** Example command lines, without `samplecnn`. */
  readonly examples: readonly string[]
  /** Further information in sentences, for help and docs. */
  readonly notes?: string
  /** The options, in the order of the help. */
  readonly options: Table
}
