import type { TagOptions } from '../../src/options/interfaces.js'
import { tag as verb } from '../../src/options/tag.js'
import type { TagDone, TagEvent, TagRecord, TagResult } from '../../src/records/index.js'
import { tag as work } from '../../src/tag.js'
import type { Command, Context } from '../command.js'
import { EXIT, exitCodeOfCounts } from '../exit.js'
import { clock } from '../format.js'
import { shown } from '../paths.js'
import { UsageError } from '../usage.js'

/** What could not be heard of a file. */
function missing({ status, damagedPackets, promised, heard }: TagResult): string {
  if (status !== 'partial') return ''
  const less = promised !== undefined && heard !== undefined && heard < promised
  const notes = [
    less ? `${heard.toFixed(1)} of ${promised.toFixed(1)} s` : '',
    damagedPackets > 0 ? `${damagedPackets} damaged packets` : '',
  ].filter(note => note !== '')
  return notes.length > 0 ? notes.join(', ') : 'cut'
}

/** The lines of one record. */
function lines(record: TagRecord): string[] {
  switch (record.type) {
    case 'result': {
      const notes = [
        missing(record),
        record.doubt ?? '',
        record.downmix === 'mean' ? '' : `heard: the ${record.downmix}, for the channels cancel each other`,
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
      return [`${shown(record.file)}  skipped: ${record.reason}`]
  }
}

function showEvent(event: TagEvent, { progress }: Context): void {
  if (event.type === 'progress') {
    const speed = event.seconds > 0 ? event.audioSeconds / event.seconds : 0
    const notes = [
      event.failed > 0 ? `${event.failed} failed` : '',
      event.skipped > 0 ? `${event.skipped} skipped` : '',
      speed > 0 ? `${speed.toFixed(0)}x real time` : '',
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

/** Where further paths are read from: `-` among the operands is standard input. */
function listOf(operands: readonly string[], options: Readonly<Record<string, unknown>>): { filesFrom?: string } {
  const stdin = operands.includes('-')
  if (stdin && options['filesFrom'] !== undefined) {
    throw new UsageError('tag: - and --files-from exclude each other: give one list of paths')
  }
  if (!stdin && options['filesFrom'] === undefined && options['nullSeparated'] === true) {
    throw new UsageError('tag: -0 says how a list of paths is separated: give - or --files-from FILE too')
  }
  if (!stdin && options['filesFrom'] === undefined && operands.length === 0) {
    throw new UsageError(`tag: something is missing: samplecnn tag ${verb.usage}`)
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
    let done: TagDone | undefined
    const onEvent = (event: TagEvent): void => {
      if (event.type === 'done') done = event
      output.record(event)
      showEvent(event, context)
    }
    for await (const record of work(paths, { ...given, ...list, signal, onEvent })) {
      output.record(record)
      if (given.out !== undefined && record.type === 'result') continue
      progress.clear()
      for (const line of lines(record)) output.text(line)
    }
    progress.clear()
    if (done === undefined) return EXIT.failed
    const { files, ok, failed, skipped, audioSeconds, seconds } = done
    progress.line(
      `${files} files in ${clock(seconds)}: ${ok} tagged (${clock(audioSeconds)} of audio), ${failed} failed, ${skipped} skipped` +
        (given.out === undefined ? '' : `; records: ${given.out}`),
    )
    return exitCodeOfCounts(files, failed)
  },
}
