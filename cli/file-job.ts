/** The commands that have one record per file: their paths, their progress, and their summary. */

import { isatty } from 'node:tty'

import type { Path } from '../src/path.js'
import type { Paths } from '../src/paths.js'
import type { Verb } from '../src/options/table.js'
import type { EmbedRecord, TagDone, TagEvent, TagRecord, TagResult } from '../src/records/index.js'
import type { Context } from './command.js'
import { showDownload } from './download.js'
import { EXIT, type ExitCode, exitCodeOfCounts } from './exit.js'
import { clock, count } from './format.js'
import { shown } from './paths.js'
import { UsageError } from './usage.js'

/** The name of the file that marks a folder to be left out. */
const MARKER = '.notmusic'

/** The function of the API that does the work. */
type Work<Result> = (
  paths: Paths,
  options: { readonly model?: Path; readonly signal?: AbortSignal; readonly onEvent?: (event: TagEvent) => void },
) => AsyncGenerator<Result, void, void>

/** What a command says about its work: "tagging", "tagged", and the lines below the name of a file. */
export interface Wording<Result> {
  readonly doing: string
  readonly did: string
  readonly lines: (result: Result) => string[]
}

/** Runs `work` on the operands of a command; returns its exit code. */
export async function runOnFiles<Result extends TagRecord | EmbedRecord>(
  context: Context,
  verb: Verb,
  work: Work<Result>,
  { doing, did, lines }: Wording<Exclude<Result, { type: 'failed' | 'skipped' }>>,
): Promise<ExitCode> {
  const { options, operands, output, progress, signal } = context
  const list = listOf(verb, context)
  const given = options as unknown as { readonly model?: Path; readonly out?: Path; readonly filesFrom?: Path }
  const paths = operands.filter(operand => operand !== '-')
  // Do not access process.stdin: it would consume the input that the addon reads.
  if ((list.filesFrom ?? given.filesFrom) === '-' && isatty(0)) {
    progress.line('waiting for paths from this terminal, one per line; Ctrl-D ends the list')
  }
  let done: TagDone | undefined
  const onEvent = (event: TagEvent): void => {
    if (event.type === 'done') done = event
    output.record(event)
    showEvent(event, context, doing)
  }
  for await (const record of work(paths, { ...given, ...list, signal, onEvent })) {
    output.record(record)
    if (record.type === 'skipped') continue
    const failed = record.type === 'failed'
    if (given.out !== undefined && !failed) continue
    const said = failed
      ? [`${shown(record.file)}  failed: ${record.error.message} (${record.error.code})`]
      : [heading(record), ...lines(record as Exclude<Result, { type: 'failed' | 'skipped' }>)]
    progress.clear()
    for (const line of said) output.text(line)
  }
  progress.clear()
  if (done === undefined) return EXIT.failed
  const out = given.out === undefined ? undefined : String(given.out)
  for (const line of summary(done, out, did)) progress.line(line)
  // A file that failed permanently in an earlier run and was not tried again counts as failed.
  return exitCodeOfCounts(done.files, done.failed + done.failedBefore, done.unfinished)
}

/** The facts about the audio of a file. */
type Heard = Omit<TagResult, 'type' | 'tags'>

/** The line with the name of a file, its duration, and what is unusual about it. */
function heading(record: Heard): string {
  const notes = [
    missing(record),
    record.doubt ?? '',
    record.downmix === 'mean' ? '' : `the channels cancel each other, used: the ${record.downmix}`,
    record.short ? 'short' : '',
  ]
  return [shown(record.file), clock(record.duration), ...notes.filter(note => note !== '')].join('  ')
}

/** A note about the parts of a file that could not be decoded. */
function missing({ status, damagedPackets, promised, heard }: Heard): string {
  if (status !== 'partial') return ''
  const less = promised !== undefined && heard !== undefined && heard < promised
  const notes = [
    less ? `${heard.toFixed(1)} of ${promised.toFixed(1)} s` : '',
    damagedPackets > 0 ? `${damagedPackets} damaged packets` : '',
  ].filter(note => note !== '')
  return notes.length > 0 ? notes.join(', ') : 'cut'
}

function showEvent(event: TagEvent, { progress }: Context, doing: string): void {
  if (event.type === 'download') showDownload(event, progress)
  else if (event.type === 'progress') {
    const heard = Math.max(event.audioSeconds, event.decodedSeconds)
    const speed = event.seconds > 0 ? heard / event.seconds : 0
    const notes = [
      heard > 0 ? `${clock(heard)} of audio` : '',
      speed > 0 ? `${speed.toFixed(0)}x real time` : '',
      event.failed > 0 ? `${event.failed} failed` : '',
      event.skipped > 0 ? `${event.skipped} skipped` : '',
    ]
    progress.update({
      label: doing,
      done: event.files,
      total: event.total,
      unit: 'files',
      note: notes.filter(note => note !== '').join('  '),
    })
  } else if (event.type === 'warning') {
    progress.line(`warning: ${event.message}`)
  }
}

/** The result of a job, in lines for people; `did` is what it did to the files. */
export function summary(done: TagDone, out: string | undefined, did = 'tagged'): string[] {
  const { files, ok, failed, unfinished, skipped, failedBefore, leftOut, audioSeconds, seconds } = done
  const many = (number: number, one: string, more: string): string => `${count(number)} ${number === 1 ? one : more}`
  const lines = [
    `${many(files, 'file', 'files')} in ${clock(seconds)}: ${count(ok)} ${did} (${clock(audioSeconds)} of audio), ` +
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
function listOf(verb: Verb, { operands, options }: Context): { filesFrom?: string } {
  const stdin = operands.includes('-')
  if (stdin && options['filesFrom'] !== undefined) {
    throw new UsageError(`${verb.name}: - and --files-from exclude each other: give one list of paths`)
  }
  if (!stdin && options['filesFrom'] === undefined && options['nullSeparated'] === true) {
    throw new UsageError(`${verb.name}: -0 sets the separator of a list of paths: it also needs - or --files-from FILE`)
  }
  if (!stdin && options['filesFrom'] === undefined && operands.length === 0) {
    throw new UsageError(`${verb.name}: missing argument; usage: samplecnn ${verb.name} ${verb.usage}`)
  }
  return stdin ? { filesFrom: '-' } : {}
}
