import { terminal } from './common.js'
import type { Verb } from './table.js'

/** `inspect`. */
export const inspect: Verb = {
  name: 'inspect',
  summary: "Show a network's layers: sizes, parameters, receptive fields, operations",
  interface: 'InspectOptions',
  usage: 'NAME|FILE...',
  examples: ['inspect 3^9', 'inspect runs/mtat/best.safetensors --json'],
  options: { ...terminal },
}
