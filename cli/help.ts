/** Help texts, generated from the option tables. */

import { type Flag, flagsOf } from '../src/options/flags.js'
import { suffixes } from '../src/options/suffixes.js'
import type { Verb } from '../src/options/table.js'
import { exitMeanings } from './exit.js'
import { meant } from './meant.js'
import { quoted } from './shell.js'

const WIDTH = 80
const INDENT = 30

/** Wraps `text` into lines of at most `width` characters; longer words are not broken. */
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

/** `head` and `text` in two columns; the second column begins at `indent`. */
function entry(head: string, text: string, indent: number): string[] {
  const margin = ' '.repeat(indent)
  const lines = wrap(text, WIDTH - indent).map(line => margin + line)
  if (head.length >= indent) return [head, ...lines]
  return [head + (lines[0] ?? '').slice(head.length), ...lines.slice(1)]
}

/** A command line. Long ones are continued with a backslash, as shells accept it. */
function commandLine(line: string): string[] {
  const lines = wrap(line, WIDTH - 6)
  return lines.map((part, index) => `${index === 0 ? '  ' : '    '}${part}${index < lines.length - 1 ? ' \\' : ''}`)
}

function flagLine(flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return `  ${short}--${flag.name}${flag.placeholder === '' ? '' : ` ${flag.placeholder}`}`
}

function explanation(flag: Flag): string {
  if (flag.required) return `${flag.help} (required)`
  return flag.default === '' ? flag.help : `${flag.help} (default: ${flag.default})`
}

/** The help of one command. */
export function helpOf(verb: Verb): string {
  const flags: Flag[] = [
    ...flagsOf(verb),
    { name: 'help', short: 'h', placeholder: '', help: 'show this help', default: '', required: false },
  ]
  return [
    ...wrap(`${verb.summary}.`, WIDTH),
    '',
    ...wrap(`Usage: samplecnn ${[verb.name, verb.usage].filter(part => part !== '').join(' ')}`, WIDTH),
    '',
    'Examples:',
    ...verb.examples.flatMap(example => commandLine(example.includes('samplecnn ') ? example : `samplecnn ${example}`)),
    '',
    'Options:',
    ...flags.flatMap(flag => entry(flagLine(flag), explanation(flag), INDENT)),
    ...(verb.notes === undefined ? [] : ['', ...wrap(verb.notes, WIDTH)]),
    '',
    ...exitStatuses(),
  ].join('\n')
}

function exitStatuses(): string[] {
  return ['Exit status:', ...exitMeanings.flatMap(([status, meaning]) => entry(`  ${status}`, meaning, 12))]
}

/** The help of `samplecnn` itself. */
export function overview(verbs: readonly Verb[]): string {
  return [
    'Train and run SampleCNN music taggers: raw audio in, tags out.',
    '',
    'Usage: samplecnn COMMAND [options]',
    '',
    'Start here:',
    '  samplecnn tag song.mp3            the tags of a song, by the default model',
    '  samplecnn learn Music -o my-tags  a model of the tags that your files have',
    '  samplecnn demo                    train a model on generated music (3 min)',
    '',
    'Commands:',
    ...verbs.flatMap(verb => entry(`  ${verb.name}`, verb.summary, 14)),
    '',
    ...exitStatuses(),
    '',
    'samplecnn COMMAND --help explains a command; samplecnn --version prints the',
    'version.',
  ].join('\n')
}

/** The advice after an unknown command. */
export function unknownCommand(name: string, verbs: readonly Verb[]): string {
  const what = name.startsWith('-') ? 'option' : 'command'
  const near = meant(name, [...verbs.map(verb => verb.name), '--help', '--version'])
  const isMusic = suffixes.some(suffix => name.toLowerCase().endsWith(`.${suffix}`))
  const advice = isMusic ? `\`samplecnn tag ${quoted(name)}\`` : near
  return `unknown ${what} "${name}"; ${advice === undefined ? 'see `samplecnn --help`' : `did you mean ${advice}?`}`
}
