import { terminal } from './recurring.js'
import type { Verb } from './table.js'

/** `doctor`. */
export const doctor: Verb = {
  name: 'doctor',
  summary: 'Show what this machine and this build can do; include it in a bug report',
  interface: 'DoctorOptions',
  usage: '',
  examples: ['doctor', 'doctor --json'],
  options: { ...terminal },
}
