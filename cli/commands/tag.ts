import { isatty } from 'node:tty'

import type { TagOptions } from '../../src/options/interfaces.js'
import { tag as verb } from '../../src/options/tag.js'
import type { TagDone, TagEvent, TagRecord, TagResult } from '../../src/records/index.js'
import { tag as work } from '../../src/tag.js'
import type { Command, Context } from '../command.js'
import { EXIT, exitCodeOfCounts } from '../exit.js'
import { clock, count } from '../format.js'
import { shown } from '../paths.js'
import { UsageError } from '../usage.js'

/** The name of the file that marks a folder to be left out. */
const MARKER = '.notmusic'

/** A note about the parts of a file that could not be decoded. */
function missing({ status, damagedPackets, promised, heard }: TagResult): string {
  if (status !== 'partial') return ''
  const less = promised !== undefined && heard !== undefined && heard < promised
  const notes = [
    less ? `${heard.toFixed(1)} of ${promised.toFixed(1)} s` : '',
    damagedPackets > 0 ? `${damagedPackets} damaged packets` : '',
  ].filter(note => note !== '')
  return notes.length > 0 ? notes.join(', ') : 'cut'
}

/** The lines for one record. */
function lines(record: TagRecord): string[] {
  switch (record.type) {
    case 'result': {
      const notes = [
        missing(record),
        record.doubt ?? '',
        record.downmix === 'mean' ? '' : `the channels cancel each other, used: the ${record.downmix}`,
        record.short ? 'short' : '',
      ]
      const head = [shown(record.file), clock(record.duration), ...notes.filter(note => note !== '')].join('  ')
      const width = Math.max(0, ...record.tags.map(({ tag }) => tag.length))
      return [
        head,
        ...record.tags.map(
          ({ tag, score }) => `  ${tag.padEnd(width)}  ${score.toFixed(3)}  ${'█'.repeat(Math.round(score * 20))}`,
        ),
      ]
    }
    case 'failed':
      return [`${shown(record.file)}  failed: ${record.error.message} (${record.error.code})`]
    case 'skipped':
      // The summary at the end has one line for all of them.
      return []
  }
}

function showEvent(event: TagEvent, { progress }: Context): void {
  if (event.type === 'progress') {
    const heard = Math.max(event.audioSeconds, event.decodedSeconds)
    const speed = event.seconds > 0 ? heard / event.seconds : 0
    const notes = [
      heard > 0 ? `${clock(heard)} of audio` : '',
      speed > 0 ? `${speed.toFixed(0)}x real time` : '',
      event.failed > 0 ? `${event.failed} failed` : '',
      event.skipped > 0 ? `${event.skipped} skipped` : '',
    ]
    progress.update({
      label: 'tagging',
      done: event.files,
      total: event.total,
      unit: 'files',
      note: notes.filter(note => note !== '').join('  '),
    })
  } else if (event.type === 'warning') {
    progress.line(`warning: ${event.message}`)
  }
}

/** The result of a job, in lines for people. */
export function summary(done: TagDone, out: string | undefined): string[] {
  const { files, ok, failed, unfinished, skipped, failedBefore, leftOut, audioSeconds, seconds } = done
  const many = (number: number, one: string, more: string): string => `${count(number)} ${number === 1 ? one : more}`
  const lines = [
    `${many(files, 'file', 'files')} in ${clock(seconds)}: ${count(ok)} tagged (${clock(audioSeconds)} of audio), ` +
      `${count(failed)} failed, ${count(skipped)} skipped${out === undefined ? '' : `; records: ${out}`}`,
  ]
  if (skipped > 0) {
    const twice = skipped === 1 ? 'occurs more than once' : 'occur more than once'
    const why = out === undefined ? twice : `${skipped === 1 ? 'is' : 'are'} in ${out} already, or ${twice}`
    const again = failedBefore === 1 ? 'it' : 'them'
    const before =
      failedBefore > 0 ? ` (${count(failedBefore)} failed before; --retry-failed tries ${again} again)` : ''
    lines.push(`skipped: ${many(skipped, 'file', 'files')} that ${why}${before}`)
  }
  if (leftOut > 0) {
    const what = many(leftOut, 'system file or marked folder', 'system files and marked folders')
    lines.push(`left out: ${what} (marker: ${MARKER})`)
  }
  if (unfinished > 0) {
    const what = many(unfinished, 'file or folder', 'files and folders')
    lines.push(`not finished: ${what} could not be read this time; run the same command again`)
  }
  return lines
}

/** The source of further paths: `-` among the operands is standard input. */
function listOf(operands: readonly string[], options: Readonly<Record<string, unknown>>): { filesFrom?: string } {
  const stdin = operands.includes('-')
  if (stdin && options['filesFrom'] !== undefined) {
    throw new UsageError('tag: - and --files-from exclude each other: give one list of paths')
  }
  if (!stdin && options['filesFrom'] === undefined && options['nullSeparated'] === true) {
    throw new UsageError('tag: -0 sets the separator of a list of paths: it also needs - or --files-from FILE')
  }
  if (!stdin && options['filesFrom'] === undefined && operands.length === 0) {
    throw new UsageError(`tag: missing argument; usage: samplecnn tag ${verb.usage}`)
  }
  return stdin ? { filesFrom: '-' } : {}
}

/** `samplecnn tag`. */
export const tag: Command = {
  verb,
  operands: [0, Infinity],
  continuation: ({ out }) => (out === undefined ? 'never' : 'same-line'),
  async run(context) {
    const { options, operands, output, progress, signal } = context
    const list = listOf(operands, options)
    const given = options as unknown as TagOptions
    const paths = operands.filter(operand => operand !== '-')
    // Do not access process.stdin: it would consume the input that the addon reads.
    if ((list.filesFrom ?? given.filesFrom) === '-' && isatty(0)) {
      progress.line('waiting for paths from this terminal, one per line; Ctrl-D ends the list')
    }
    let done: TagDone | undefined
    const onEvent = (event: TagEvent): void => {
      if (event.type === 'done') done = event
      output.record(event)
      showEvent(event, context)
    }
    for await (const record of work(paths, { ...given, ...list, signal, onEvent })) {
      output.record(record)
      if (given.out !== undefined && record.type === 'result') continue
      const said = lines(record)
      if (said.length > 0) progress.clear()
      for (const line of said) output.text(line)
    }
    progress.clear()
    if (done === undefined) return EXIT.failed
    const out = given.out === undefined ? undefined : String(given.out)
    for (const line of summary(done, out)) progress.line(line)
    // A file that failed permanently in an earlier run and was not tried again counts as failed.
    return exitCodeOfCounts(done.files, done.failed + done.failedBefore, done.unfinished)
  },
}
