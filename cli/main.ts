#!/usr/bin/env node
/** The command line: finds the command, runs it, turns failures into messages and exit codes. */

import { SampleCnnError } from '../src/error.js'
import { version } from '../src/version.js'
import { parse } from './arguments.js'
import { command as find, verbs } from './commands/index.js'
import { EXIT, type ExitCode, exitCodeOf } from './exit.js'
import { helpOf, overview, unknownCommand } from './help.js'
import { type Interrupt, listenForInterrupt } from './interrupt.js'
import { createOutput } from './output.js'
import { createProgress } from './progress.js'
import { continuationOf } from './resume.js'
import { UsageError } from './usage.js'
import { visible } from './visible.js'

async function main(words: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = words
  const json = rest.includes('--json')
  let progress = createProgress(process.stderr, true)
  const interrupt = listenForInterrupt(notice => progress.line(notice))
  let goOn: string | undefined
  const output = createOutput(process.stdout, json, {
    // As other filters do; work that leaves files goes on without its reader.
    gone: () => void (goOn === undefined && process.exit(EXIT.ok)),
    failed: failure => interrupt.abort(failure),
  })
  try {
    const information = informationOf(name, rest[0])
    if (information !== undefined) {
      process.stdout.write(`${information}\n`)
      await output.flush()
      return EXIT.ok
    }
    if (name === undefined) {
      process.stderr.write(`${overview(verbs)}\n`)
      return EXIT.usage
    }
    const command = await find(name)
    if (command === undefined) throw new UsageError(unknownCommand(name, verbs))
    const parsed = parse(command, rest)
    if (parsed.help) {
      process.stdout.write(`${helpOf(command.verb)}\n`)
      await output.flush()
      return EXIT.ok
    }
    progress = createProgress(process.stderr, parsed.quiet)
    const { options, own, operands } = parsed
    goOn = continuationOf(command.continuation?.(options) ?? 'never', words)
    const { signal } = interrupt
    const status = await command.run({ options, own, operands, typed: words, json, output, progress, signal })
    await output.flush()
    return status
  } catch (thrown) {
    progress.clear()
    const stopped = stoppedBy(interrupt, thrown)
    if (stopped !== undefined) {
      output.record({ type: 'error', error: { code: 'ERR_ABORTED', message: 'stopped by a signal' } })
      process.stderr.write('samplecnn: stopped by a signal\n')
      if (goOn !== undefined) process.stderr.write(`to continue: ${visible(goOn)}\n`)
      return stopped
    }
    const { code, message, exit } = explain(thrown)
    output.record({ type: 'error', error: { code, message } })
    process.stderr.write(`samplecnn: ${visible(message)} (${code})\n`)
    return exit
  } finally {
    progress.clear()
    interrupt.release()
  }
}

/** What `--version` and `--help` print; undefined for a command. */
function informationOf(name: string | undefined, of: string | undefined): string | undefined {
  if (name === '--version' || name === '-V') return version
  if (name !== '--help' && name !== '-h' && name !== 'help') return undefined
  const asked = verbs.find(verb => verb.name === of)
  return asked === undefined ? overview(verbs) : helpOf(asked)
}

/** 130 or 143 where `thrown` is how a job ends that a signal stopped; a failure in the meantime is none. */
function stoppedBy(interrupt: Interrupt, thrown: unknown): ExitCode | undefined {
  return interrupt.signal.aborted && thrown === interrupt.signal.reason ? interrupt.exitCode() : undefined
}

/** What a failure is called, and what the process exits with. */
function explain(thrown: unknown): { code: string; message: string; exit: ExitCode } {
  if (thrown instanceof UsageError) return { code: 'ERR_INVALID_OPTION', message: thrown.message, exit: EXIT.usage }
  if (thrown instanceof SampleCnnError) {
    const { code, message } = thrown
    return { code, message, exit: exitCodeOf(code) }
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return { code: 'ERR_INTERNAL', message: `a fault of samplecnn, please report it: ${message}`, exit: EXIT.failed }
}

// Nobody reads the notices any more (a closed terminal, a full disk): that ends nothing.
process.stderr.on('error', () => undefined)
process.exitCode = await main(process.argv.slice(2))
