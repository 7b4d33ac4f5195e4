import { force, terminal } from './recurring.js'
import type { Verb } from './table.js'

/** `distill`. */
export const distill: Verb = {
  name: 'distill',
  summary: 'Make a manifest of soft targets from the scores of a teacher, for train',
  interface: 'DistillOptions',
  usage: 'SCORES -o MANIFEST.jsonl [options]',
  examples: ['distill scores.jsonl -o soft.jsonl', 'distill scores.jsonl -o soft.jsonl --splits songs.csv'],
  notes:
    'The scores are the JSON lines of `tag --all -o scores.jsonl`: one row of weights per clip; with `--timeline` ' +
    'as well one row per segment, in NumPy files beside the manifest.',
  options: {
    scores: {
      kind: 'path',
      required: true,
      positional: true,
      placeholder: 'SCORES',
      help: "the teacher's scores, written by tag --all with or without --timeline",
    },
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      suffixes: ['.jsonl'],
      help: 'the manifest; the targets of segments go into a folder of the same name that ends in .targets',
    },
    splits: {
      kind: 'path',
      otherwise: 'none, the split is drawn by the training',
      help: 'a manifest whose splits the clips get; a clip that it does not list is used for training',
    },
    force,
    ...terminal,
  },
}
