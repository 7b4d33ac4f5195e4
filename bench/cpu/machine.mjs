// Describes the machine, and measures the load of other processes and the resources of a process. On systems other than
// Linux, all measurements are 0.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

const read = path => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const TICKS = Number(process.platform === 'linux' ? execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }) : 100)

/** CPU seconds of a process so far, all its threads. */
export function cpuSeconds(pid) {
  const fields = read(`/proc/${pid}/stat`).split(')').pop().trim().split(' ')
  return fields.length > 12 ? (Number(fields[11]) + Number(fields[12])) / TICKS : 0
}

/** CPU seconds of all processes that this one has started and that have ended. */
export function childrenCpuSeconds() {
  const fields = read('/proc/self/stat').split(')').pop().trim().split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS
}

const counters = () => read('/proc/stat').split('\n')[0].split(/\s+/).slice(1, 9).map(Number)

/** CPU seconds that all processes have used so far, including those that the hypervisor stole. */
export function allCpuSeconds() {
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = counters()
  return (user + nice + system + irq + soft + steal) / TICKS
}

/** CPU seconds that the hypervisor has given to other machines so far while this machine had work. */
export const stolenSeconds = () => (counters()[7] ?? 0) / TICKS

/** Peak resident memory of a process in MiB. */
export const peakMemory = pid => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024

/** The machine in one sentence. */
export function machine() {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const processor = first?.model.trim() ?? 'an unknown processor'
  return `${cpus().length} cores of ${processor}, ${memory} GiB, ${process.platform}`
}

/** The mean number of running or runnable threads in the last minute, including those of the benchmark. */
export const load = () => loadavg()[0]
