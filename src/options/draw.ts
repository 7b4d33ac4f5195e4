import { force } from './recurring.js'
import type { Verb } from './table.js'

/** `draw`. */
export const draw: Verb = {
  name: 'draw',
  summary: 'Draw networks as a picture',
  interface: 'DrawOptions',
  usage: '',
  examples: [],
  options: {
    out: {
      kind: 'path',
      otherwise: 'none',
      help: 'an SVG file to which the picture is also written, atomically',
    },
    force: { ...force, needs: 'out' },
  },
}
