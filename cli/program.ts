/** The command line interface: finds the command, runs it, and turns failures into messages and exit codes. */

import { SampleCnnError } from '../src/error.js'
import { version } from '../src/version.js'
import { parse } from './arguments.js'
import type { Command } from './command.js'
import { command as find, verbs } from './commands/index.js'
import { EXIT, type ExitCode, exitCodeOf } from './exit.js'
import { helpOf, overview, unknownCommand } from './help.js'
import { type Interrupt, listenForInterrupt } from './interrupt.js'
import { createOutput, type Output } from './output.js'
import { printable } from './printable.js'
import { createProgress } from './progress.js'
import { continuationOf } from './resume.js'
import { UsageError } from './usage.js'

/** Runs the command line `words`; returns the exit status. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  // The command continues if notices cannot be written (a closed terminal, a full disk).
  process.stderr.on('error', () => undefined)
  const [name, ...rest] = words
  const output = createOutput(process.stdout, rest.includes('--json'))
  const ended = await answer(name, rest, output)
  // Output that could not be written to stdout is lost, even if the command succeeded.
  await output.flush()
  if (!output.broken.aborted || ended !== EXIT.ok) return ended
  return fail(output.broken.reason, output)
}

/** Runs the command line. */
async function answer(name: string | undefined, rest: readonly string[], output: Output): Promise<ExitCode> {
  if (name === '--version' || name === '-V') return print(version)
  if (name === '--help' || name === '-h' || (name === 'help' && (rest[0] ?? '--help').startsWith('-'))) {
    return print(overview(verbs))
  }
  if (name === undefined) {
    process.stderr.write(`${overview(verbs)}\n`)
    return EXIT.usage
  }
  const asked = name === 'help' ? (rest[0] ?? '') : name
  const command = await find(asked)
  if (command === undefined) return fail(new UsageError(unknownCommand(asked, verbs)), output)
  if (name === 'help') return print(helpOf(command.verb))
  return await run(command, [name, ...rest], output)
}

/** Runs `command` with the words of the command line. */
async function run(command: Command, words: readonly string[], output: Output): Promise<ExitCode> {
  let progress = createProgress(process.stderr, true)
  const interrupt = listenForInterrupt(notice => progress.line(notice))
  let goOn: string | undefined
  try {
    const parsed = parse(command, words.slice(1))
    if (parsed.help) return print(helpOf(command.verb))
    const { options, own, operands, json } = parsed
    progress = createProgress(process.stderr, parsed.quiet)
    goOn = continuationOf(command.continuation?.(options) ?? 'never', words)
    if (goOn !== undefined) output.outliveReader()
    const signal = AbortSignal.any([interrupt.signal, output.broken])
    return await command.run({ options, own, operands, typed: words, json, output, progress, signal })
  } catch (thrown) {
    progress.clear()
    const stopped = stoppedBy(interrupt, thrown)
    if (stopped === undefined) return fail(thrown, output)
    output.record({ type: 'error', error: { code: 'ERR_ABORTED', message: 'stopped by a signal' } })
    complain('samplecnn: stopped by a signal')
    if (goOn !== undefined) complain(`to continue: ${goOn}`)
    return stopped
  } finally {
    progress.clear()
    interrupt.release()
  }
}

/** Prints a fixed text on stdout. */
function print(text: string): ExitCode {
  process.stdout.write(`${text}\n`)
  return EXIT.ok
}

/** Prints a line that may contain names on stderr, with control characters escaped. */
function complain(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}

/** Reports a failure; returns the exit status. */
function fail(thrown: unknown, output: Output): ExitCode {
  const { code, message, exit, stack } = explain(thrown)
  output.record({ type: 'error', error: { code, message } })
  complain(`samplecnn: ${message} (${code})`)
  for (const line of stack) complain(line)
  return exit
}

/** 130 or 143 if `thrown` is the abort that a signal caused; undefined for any other failure. */
function stoppedBy(interrupt: Interrupt, thrown: unknown): ExitCode | undefined {
  return interrupt.signal.aborted && thrown === interrupt.signal.reason ? interrupt.exitCode() : undefined
}

/** The code, message and exit status of a failure; for an internal error also the stack. */
function explain(thrown: unknown): { code: string; message: string; exit: ExitCode; stack: readonly string[] } {
  if (thrown instanceof UsageError) {
    return { code: 'ERR_INVALID_OPTION', message: thrown.message, exit: EXIT.usage, stack: [] }
  }
  if (thrown instanceof SampleCnnError) {
    const { code, message } = thrown
    return { code, message, exit: exitCodeOf(code), stack: [] }
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown)
  const message = `internal error in samplecnn, please report it: ${what}`
  const stack = thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1) : []
  return { code: 'ERR_INTERNAL', message, exit: EXIT.failed, stack }
}
