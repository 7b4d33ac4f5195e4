/** Help texts, made from the option tables. */

import { type Flag, flagsOf } from '../src/options/flags.js'
import { suggest } from '../src/options/suggest.js'
import type { Verb } from '../src/options/table.js'

const WIDTH = 100
const INDENT = 34

/** `text` in lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function flagLine(flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return `  ${short}--${flag.name}${flag.placeholder === '' ? '' : ` ${flag.placeholder}`}`
}

function explanation(flag: Flag): string {
  if (flag.required) return `${flag.help} (must be given)`
  return flag.default === '' ? flag.help : `${flag.help} (default: ${flag.default})`
}

/** The lines of one flag. */
function optionLines(flag: Flag): string[] {
  const head = flagLine(flag)
  const margin = ' '.repeat(INDENT)
  const lines = wrap(explanation(flag), WIDTH - INDENT).map(line => margin + line)
  if (head.length >= INDENT) return [head].concat(lines)
  return [head + (lines[0] ?? '').slice(head.length)].concat(lines.slice(1))
}

/** The help of one command. */
export function helpOf(verb: Verb): string {
  const flags: Flag[] = [
    ...flagsOf(verb),
    { name: 'help', short: 'h', placeholder: '', help: 'show this', default: '', required: false },
  ]
  const examples = verb.examples.map(
    example => `  ${example.includes('samplecnn ') ? example : `samplecnn ${example}`}`,
  )
  return [
    `${verb.summary}.`,
    '',
    `Usage: samplecnn ${[verb.name, verb.usage].filter(part => part !== '').join(' ')}`,
    '',
    'Examples:',
    ...examples,
    '',
    'Options:',
    ...flags.flatMap(optionLines),
    ...(verb.notes === undefined ? [] : ['', ...wrap(verb.notes, WIDTH)]),
  ].join('\n')
}

/** The help of `samplecnn` itself. */
export function overview(verbs: readonly Verb[]): string {
  return [
    'Train and run SampleCNN music taggers: raw audio in, tags out.',
    '',
    'Usage: samplecnn COMMAND [options]',
    '',
    'Start here:',
    '  samplecnn demo                               three minutes from nothing to tags',
    '  samplecnn tag song.mp3 -m best.safetensors   the five best tags of a song',
    '',
    'Commands:',
    ...verbs.map(verb => `  ${verb.name.padEnd(12)}${verb.summary}`),
    '',
    'samplecnn COMMAND --help explains a command; samplecnn --version prints the version.',
  ].join('\n')
}

/** The advice after an unknown command. */
export function unknownCommand(name: string, verbs: readonly Verb[]): string {
  const near = suggest(
    name,
    verbs.map(verb => verb.name),
  )
  return `there is no command "${name}"; ${near === undefined ? 'see `samplecnn --help`' : `did you mean ${near}?`}`
}
