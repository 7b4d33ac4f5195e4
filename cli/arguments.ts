/** Parses the words of a command line into the options of a command. */

import { parseArgs, type ParseArgsConfig } from 'node:util'

import { isArchitectureFile } from '../src/architecture-file.js'
import { inspect } from '../src/inspect.js'
import { datasetPrefix, type Flag, flagName, flagsOf, type FlagValues, optionsFrom } from '../src/options/flags.js'
import type { Option, Verb } from '../src/options/table.js'
import { check } from '../src/options/validate.js'
import type { Command } from './command.js'
import { checkDatasetFlags } from './dataset-flags.js'
import { meant } from './meant.js'
import { joinNegativeNumbers } from './negative-numbers.js'
import { UsageError } from './usage.js'

/** A parsed command line. */
export interface Parsed {
  readonly options: Record<string, unknown>
  /** Options that exist only on the command line. */
  readonly own: Record<string, unknown>
  readonly operands: readonly string[]
  readonly help: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/**
 * Parses `words`, the words after the name of the command. Negative numbers and `-` are values; `--` ends the options.
 */
export function parse(command: Command, words: readonly string[]): Parsed {
  const { verb } = command
  const flags = flagsOf(verb)
  const config = Object.fromEntries([
    ...flags.map(flag => [
      flag.name,
      {
        type: flag.placeholder === '' ? 'boolean' : 'string',
        ...(flag.short !== undefined && { short: flag.short }),
        ...(flag.multiple && { multiple: true }),
      },
    ]),
    ['no-color', { type: 'boolean' }],
  ]) as NonNullable<ParseArgsConfig['options']>
  // --help works even if the rest of the command line is wrong.
  if (asksForHelp(words)) return { options: {}, own: {}, operands: [], help: true, json: false, quiet: false }
  const { values, operands } = read(verb.name, words, config, flags)
  const typed = values as FlagValues
  checkOperands(command, operands)
  const options = optionsFrom(verb, typed)
  checkOptions(verb, options, typed)
  return {
    options,
    own: Object.fromEntries(
      Object.entries(verb.options)
        .filter(([, option]) => option.only === 'cli')
        .map(([name]) => [name, typed[flagName(name)]]),
    ),
    operands,
    help: false,
    json: typed['json'] === true,
    quiet: typed['quiet'] === true,
  }
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end < 0 ? words : words.slice(0, end)).some(word => word === '--help' || word === '-h')
}

function read(
  name: string,
  words: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
  flags: readonly Flag[],
): { values: object; operands: readonly string[] } {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: joinNegativeNumbers(words, options),
      options,
      allowPositionals: true,
      tokens: true,
    })
    const given = tokens.filter(token => token.kind === 'option').filter(({ value }) => value !== undefined)
    for (const [index, { name: flag, value = '' }] of given.entries()) {
      const first = given.findIndex(token => token.name === flag)
      if (first === index || options[flag]?.multiple === true) continue
      const both = `"${given[first]?.value ?? ''}" and "${value}"`
      throw new UsageError(`${name}: --${flag} was given twice (${both}): give it once`)
    }
    return { values, operands: positionals }
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown
    const { code, message } = thrown as { code?: string; message: string }
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const unknown = /'(-{1,2}[^' ]+)/.exec(message)?.[1] ?? message
      const near = meant(unknown.replace(/^-+/, ''), [...flags.map(flag => flag.name), 'help'])
      const advice = near === undefined ? `see \`samplecnn ${name} --help\`` : `did you mean --${near}?`
      throw new UsageError(`${name}: unknown option ${unknown}; ${advice}`)
    }
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
      const lacking = /--([\w-]+) <value>' argument missing/.exec(message)?.[1]
      const flag = flags.find(candidate => candidate.name === lacking)
      if (flag !== undefined) {
        throw new UsageError(`${name}: --${flag.name} needs a value (${flag.placeholder}): ${flag.help}`)
      }
      throw new UsageError(`${name}: ${message.split('\n')[0]?.replace(/\.$/, '') ?? message}`)
    }
    throw thrown
  }
}

/**
 * Checks the arguments against the table of the command and names the flags in messages; the API function checks the
 * rest.
 */
function checkOptions(verb: Verb, options: Readonly<Record<string, unknown>>, typed: FlagValues): void {
  for (const [name, option] of Object.entries(verb.options)) {
    if (option.only !== undefined || option.positional) continue
    const value = options[name]
    const text = typed[flagName(name)]
    if (option.kind === 'dataset') {
      // Joining the folders of an experiment and repeating a run (--config) need no dataset.
      const isNeeded = option.required
        ? typed['config'] === undefined
        : name === 'dataset' && 'merge' in verb.options && options['merge'] === undefined
      if (isNeeded || value !== undefined) checkDatasetFlags(verb.name, typed, datasetPrefix(name))
    } else if (value !== undefined) checkValue(verb.name, `--${flagName(name)}`, option, value)
    else if (option.required) throw new UsageError(`${verb.name}: --${flagName(name)} is missing: ${option.help}`)
    // Check architecture files here: the error names the file and the position in it, which the API function no longer
    // knows.
    if (option.kind === 'architecture' && typeof text === 'string' && isArchitectureFile(text)) inspect(text)
  }
}

function checkValue(command: string, flag: string, option: Option, value: unknown): void {
  if (option.suffixes !== undefined && value === '-') {
    throw new UsageError(`${command}: ${flag} writes a file; for records on stdout use --json`)
  }
  check(`${command}: ${flag}`, option, value)
}

function checkOperands({ verb, operands: [least, most] }: Command, operands: readonly string[]): void {
  if (operands.length < least) {
    throw new UsageError(`${verb.name}: missing argument; usage: samplecnn ${verb.name} ${verb.usage}`)
  }
  if (operands.length > most) {
    throw new UsageError(
      `${verb.name}: unexpected argument "${operands[most]}"; usage: samplecnn ${verb.name} ${verb.usage}`,
    )
  }
}
