// Compares cases: each runs in a separate process that reads commands from stdin, and the repeats are in random order.
// A case is repeated until its fastest three repeats agree. If they never do, the case counts as not measured, and the
// tables say so. A ratio divides the fastest repeat of the other program by the median of samplecnn, so that noise can
// only make samplecnn look slower.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { allCpuSeconds, cpuSeconds, load, peakMemory, stolenSeconds } from './machine.mjs'

/** The share by which the third fastest repeat may be slower than the fastest one. */
export const AGREEMENT = 0.05
/** How many repeats must agree. */
const ALIKE = 3

/** A case at work: answers one line to every line. */
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
      throw new Error(said.findLast(line => /error/i.test(line))?.trim() ?? (said.at(-1) || 'it ended without a word'))
    }
    return JSON.parse(value)
  }

  /** Ends the process; gives its peak memory in MiB. */
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

/** How often a case is run at most to warm up. */
const WARMING = 6

/**
 * Runs a case until a run is no longer clearly faster than the run before, and gives the seconds of the last run. One
 * step is not enough: PyTorch takes several steps until its memory and its kernels are settled, and a peer that is cold
 * would flatter samplecnn.
 */
async function warmUp(contestant, seconds) {
  await contestant.ask('run 0')
  let [last, before] = [await contestant.ask(`run ${seconds}`), Infinity]
  for (let run = 1; run < WARMING && last < before * (1 - AGREEMENT); run++) {
    before = last
    last = await contestant.ask(`run ${seconds}`)
  }
  return last
}

/** Asks a case some things, one after the other, in a process of its own. */
export async function askAll(each, threads, commands) {
  const contestant = new Contestant(each, threads)
  const answers = []
  try {
    for (const command of commands) answers.push(await contestant.ask(command))
    return answers
  } finally {
    await contestant.stop()
  }
}

/** Asks a case one thing, in a process of its own. */
export async function askOnce(each, threads, command) {
  const [answer] = await askAll(each, threads, [command])
  return answer
}

const shuffled = list =>
  list
    .map(value => [Math.random(), value])
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value)
const ascending = numbers => numbers.toSorted((a, b) => a - b)
export const median = numbers => ascending(numbers)[Math.floor(numbers.length / 2)]

/**
 * The share by which the third fastest of `seconds` is slower than the fastest; infinite if there are fewer than three.
 */
export function spread(seconds) {
  const [first, , third] = ascending(seconds)
  return seconds.length < ALIKE ? Infinity : third / first - 1
}

/**
 * Selects one case of each form, such as "PyTorch f32": the fastest one in a single repeat, after one repeat to warm
 * up. All cases without a form are selected. Returns the selected cases, and the seconds of every case that was tried.
 */
export async function search(cases, { threads, seconds, log = () => {} }) {
  const tried = []
  for (const { form, name, ...each } of cases) {
    if (form === undefined) continue
    const contestant = new Contestant(each, threads)
    try {
      tried.push({ form, name, seconds: await warmUp(contestant, seconds) })
      log(`  ${name}: ${tried.at(-1).seconds.toFixed(4)} s, to find the best form`)
    } catch (error) {
      tried.push({ form, name, seconds: Infinity, why: error.message })
      log(`  ${name}: missing: ${error.message}`)
    } finally {
      await contestant.stop()
    }
  }
  const best = form => tried.filter(each => each.form === form).toSorted((a, b) => a.seconds - b.seconds)[0]
  return { chosen: cases.filter(({ form, name }) => form === undefined || best(form).name === name), tried }
}

/**
 * Runs `cases` `[{name, command, args, env, repeats}]` with at least `seconds` of work per repeat, until the fastest
 * three repeats of each case agree or it has run `most` repeats. The process of a case lives for one repeat
 * (`together: false`, if all processes do not fit into memory) or for all repeats. A case with `repeats` runs at most
 * this number of repeats, without one to warm up.
 *
 * Returns a row for each case that ran (seconds per unit of work; CPU seconds that other processes used and that the
 * hypervisor stole in the meantime; the highest load), and the reasons why other cases did not run.
 */
export async function contest(cases, { threads, most, seconds, together = true, log = () => {} }) {
  const fresh = { peak: 0, stolen: 0, others: 0, load: 0, elapsed: 0 }
  const rows = new Map(cases.map(({ name }) => [name, { ...fresh, name, seconds: [], cpu: [] }]))
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
      if (each.repeats === undefined) await warmUp(contestant, seconds)
    }
    return contestant
  }
  const repeat = async each => {
    const row = rows.get(each.name)
    const contestant = await ready(each)
    const { pid } = contestant.process
    const [all, own, stolen, began] = [allCpuSeconds(), cpuSeconds(pid), stolenSeconds(), performance.now()]
    const value = await contestant.ask(`run ${seconds}`)
    const elapsed = (performance.now() - began) / 1e3
    const used = cpuSeconds(pid) - own
    const lost = stolenSeconds() - stolen
    row.seconds.push(value)
    row.cpu.push((used * value) / elapsed)
    row.elapsed += elapsed
    row.stolen += lost
    row.others += Math.max(0, allCpuSeconds() - all - used - lost)
    row.load = Math.max(row.load, load())
    row.peak = Math.max(row.peak, peakMemory(pid))
    log(`  ${each.name}: ${value.toFixed(4)} s, ${row.cpu.at(-1).toFixed(3)} s of CPU`)
    if (!together) {
      await contestant.stop()
      running.delete(each.name)
    }
  }
  const isDue = ({ name, repeats = most }) => {
    const row = rows.get(name)
    return row !== undefined && row.seconds.length < repeats && spread(row.seconds) > AGREEMENT
  }
  try {
    if (together) for (const each of cases) await ready(each).catch(error => giveUp(each.name, error))
    for (let round = 1; cases.some(isDue); round++) {
      for (const each of shuffled(cases.filter(isDue))) await repeat(each).catch(error => giveUp(each.name, error))
      log(`round ${round} of at most ${most}`)
    }
  } finally {
    for (const contestant of running.values()) await contestant.stop()
  }
  const finished = [...rows.values()].map(row => ({
    ...row,
    spread: spread(row.seconds),
    measured: spread(row.seconds) <= AGREEMENT,
    median: median(row.seconds),
    fastest: Math.min(...row.seconds),
    cpu: median(row.cpu),
  }))
  return { rows: finished, missing }
}
