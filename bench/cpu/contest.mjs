// Compares cases: each runs in a separate process that reads commands from stdin, the order within a round is random,
// and for every repeat the CPU time of other processes is measured. A repeat that lost more than 3 % of a CPU is dirty
// and is repeated. If a machine is never idle, dirty repeats are used and the table says so.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { allCpuSeconds, cpuSeconds, peakMemory } from './machine.mjs'

/** A running case, which answers every line with one line. */
class Contestant {
  constructor({ command, args, env = {} }, threads) {
    this.process = spawn(command, args, { env: { ...process.env, OMP_NUM_THREADS: String(threads), ...env } })
    this.errors = ''
    this.process.stderr.on('data', data => (this.errors = (this.errors + data).slice(-4000)))
    this.process.on('error', error => (this.errors = error.message))
    this.process.stdin.on('error', () => {})
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  /** The answer as JSON; throws an error with a line of stderr if the process has ended. */
  async ask(command) {
    this.process.stdin.write(`${command}\n`)
    const { value, done } = await this.lines.next()
    if (done) {
      const said = this.errors.trim().split('\n')
      throw new Error(
        said.findLast(line => /error/i.test(line))?.trim() ?? (said.at(-1) || 'it ended without a message'),
      )
    }
    return JSON.parse(value)
  }

  /** Ends the process and returns its peak memory in MiB. */
  async stop() {
    const peak = peakMemory(this.process.pid)
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise(resolve => this.process.once('close', resolve))
      this.process.stdin.end()
      this.process.kill('SIGKILL')
      await ended
    }
    return peak
  }
}

/** Sends one command to a case, in a separate process. */
export async function askOnce(each, threads, command) {
  const contestant = new Contestant(each, threads)
  try {
    return await contestant.ask(command)
  } finally {
    await contestant.stop()
  }
}

const shuffled = list =>
  list
    .map(value => [Math.random(), value])
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value)
export const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/**
 * Runs `cases` `[{name, command, args, env, repeats}]` for `rounds` rounds of at least `seconds` of work. The process
 * of a case lives for one round (`together: false`, if all of them do not fit into memory) or for all rounds. A case
 * with `repeats` runs at most this number of repeats, without one to warm up. Returns a row for each case that ran, and
 * the reasons why others did not.
 */
export async function contest(cases, { threads, rounds, seconds, together = true, log = () => {} }) {
  const rows = new Map(cases.map(({ name }) => [name, { name, clean: [], dirty: [], cpu: [], peak: 0 }]))
  const missing = new Map()
  const running = new Map()
  const giveUp = async (name, error) => {
    missing.set(name, error.message)
    rows.delete(name)
    await running.get(name)?.stop()
    running.delete(name)
    log(`${name}: missing: ${error.message}`)
  }
  const ready = async each => {
    const contestant = running.get(each.name) ?? new Contestant(each, threads)
    if (!running.has(each.name)) {
      running.set(each.name, contestant)
      if (each.repeats === undefined) await contestant.ask('run 0')
    }
    return contestant
  }
  const repeat = async each => {
    const row = rows.get(each.name)
    const contestant = await ready(each)
    const { pid } = contestant.process
    const [all, own, began] = [allCpuSeconds(), cpuSeconds(pid), performance.now()]
    const value = await contestant.ask(`run ${seconds}`)
    const elapsed = (performance.now() - began) / 1e3
    const used = cpuSeconds(pid) - own
    const lost = allCpuSeconds() - all - used
    ;(lost <= 0.03 * elapsed + 0.02 ? row.clean : row.dirty).push(value)
    row.cpu.push((used * value) / elapsed)
    row.peak = Math.max(row.peak, peakMemory(pid))
    log(`  ${each.name}: ${value.toFixed(4)} s, ${row.cpu.at(-1).toFixed(3)} s of CPU`)
    if (!together) {
      await contestant.stop()
      running.delete(each.name)
    }
  }
  try {
    if (together) for (const each of cases) await ready(each).catch(error => giveUp(each.name, error))
    // A dirty repeat may be repeated once.
    for (let round = 0; round < 2 * rounds; round++) {
      const due = cases.filter(({ name, repeats = Infinity }) => {
        const row = rows.get(name)
        return row !== undefined && row.clean.length < rounds && row.clean.length + row.dirty.length < repeats
      })
      if (round >= rounds && [...rows.values()].every(row => row.clean.length === 0)) break
      for (const each of shuffled(due)) await repeat(each).catch(error => giveUp(each.name, error))
      log(`round ${round + 1} of ${rounds}`)
    }
  } finally {
    for (const contestant of running.values()) await contestant.stop()
  }
  const finished = [...rows.values()].map(row => {
    const quiet = row.clean.length >= Math.max(1, Math.floor(rounds / 2))
    const values = quiet ? row.clean : [...row.clean, ...row.dirty]
    return {
      ...row,
      quiet,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      cpu: median(row.cpu),
    }
  })
  return { rows: finished, missing }
}
