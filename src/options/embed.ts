import { calibrated, device, precision, terminal, threads } from './recurring.js'
import { suffixes } from './suffixes.js'
import type { Option, Verb } from './table.js'
import { tag } from './tag.js'

/** `levels`, of verbs that compute embeddings. */
export const levels: Option = {
  kind: 'integers',
  maximum: -1,
  default: [-1],
  help:
    'hidden layers of which the embedding consists, counted from the end: -1 is the layer before the output, -2 the ' +
    'last block, -3 the block before it',
}

/** `withinSegment`, of verbs that compute embeddings. */
export const withinSegment: Option = {
  kind: 'choice',
  choices: ['max', 'mean'],
  default: 'max',
  help: 'reduction of each channel over the time of a segment',
}

/** `acrossSegments`, of verbs that compute embeddings. */
export const acrossSegments: Option = {
  kind: 'choice',
  choices: ['mean', 'max'],
  default: 'mean',
  help: 'reduction of each value over the segments of a file',
}

/** An option of `tag`. */
function ofTag(name: string): Option {
  return tag.options[name]!
}

/** `embed`. */
export const embed: Verb = {
  name: 'embed',
  summary: 'Compute embeddings of audio files: the outputs of hidden layers, for search and for other classifiers',
  interface: 'EmbedOptions',
  events: 'TagEvent',
  abortable: true,
  usage: 'PATH... [-m NAME] [options]',
  examples: [
    'embed song.mp3 --json',
    'embed Music/ -m best.safetensors -o music.npy',
    'embed Music/ -m best.safetensors --levels -3,-2,-1 --tags -o music.jsonl',
  ],
  notes:
    'Files are found, decoded and cut into segments as by tag; --tags adds the tags of each file to its record, from ' +
    'the same decoding and the same pass of the network. With -o NAME.npy the values are an array [files, width] of ' +
    'float32, and NAME.jsonl beside it has one line per file; the field row is the row in the array. A file that ' +
    `failed has no row. Audio files in a folder are recognised by their suffixes: ${suffixes.join(' ')}.`,
  options: {
    model: ofTag('model'),
    levels,
    withinSegment,
    acrossSegments,
    tags: { kind: 'flag', default: false, help: 'also tag the files, in the same pass' },
    top: { ...ofTag('top'), needs: 'tags' },
    threshold: { ...ofTag('threshold'), needs: 'tags' },
    all: { ...ofTag('all'), needs: 'tags' },
    calibrated: { ...calibrated, needs: 'tags' },
    segments: ofTag('segments'),
    out: {
      kind: 'path',
      short: 'o',
      suffixes: ['.npy', '.jsonl', '.ndjson', '.csv'],
      otherwise: 'no file',
      help:
        'write the embeddings to a file, an array with a list of the files beside it (.npy), JSON lines (.jsonl, ' +
        '.ndjson) or a table (.csv), and skip files already in it',
    },
    retryFailed: ofTag('retryFailed'),
    filesFrom: ofTag('filesFrom'),
    nullSeparated: ofTag('nullSeparated'),
    jobs: ofTag('jobs'),
    batchSize: ofTag('batchSize'),
    device,
    precision,
    threads,
    ...terminal,
  },
}
