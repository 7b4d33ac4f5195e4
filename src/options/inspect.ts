import { force, terminal } from './recurring.js'
import type { Option, Verb } from './table.js'

/** The argument of `inspect` and `draw`. */
export const network: Option = {
  kind: 'architecture',
  required: true,
  help: "a preset's name, an architecture, a .json file that holds one, or a model file",
}

/** `inspect`. */
export const inspect: Verb = {
  name: 'inspect',
  summary: "Show a network's layers (sizes, parameters, receptive fields, operations), and a model's card",
  interface: 'InspectOptions',
  usage: 'NAME|FILE...',
  examples: [
    'inspect 3^9',
    'inspect runs/mtat/best.safetensors --json',
    'inspect 2^14 3^9 5^6 --svg networks.svg',
    'inspect model.safetensors --card > README.md',
  ],
  options: {
    svg: {
      kind: 'path',
      only: 'cli',
      otherwise: 'none',
      help: 'draw the networks side by side into an SVG file',
    },
    force: { ...force, only: 'cli', needs: 'svg' },
    card: {
      kind: 'flag',
      only: 'cli',
      default: false,
      help: 'print only the card of the model, as a README in Markdown',
    },
    ...terminal,
  },
}
