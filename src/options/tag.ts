import { batchSize, device, precision, terminal, threadCount, threads } from './recurring.js'
import { suffixes } from './suffixes.js'
import type { Verb } from './table.js'

/** `tag`. */
export const tag: Verb = {
  name: 'tag',
  summary: 'Tag audio files, folders and whole libraries with a model',
  interface: 'TagOptions',
  events: 'TagEvent',
  abortable: true,
  usage: 'PATH... -m MODEL [options]',
  examples: [
    'tag song.mp3 -m runs/mtat/best.safetensors',
    'tag Music/ -m best.safetensors -o tags.jsonl',
    'find . -name "*.flac" -print0 | samplecnn tag - -0 -m best.safetensors --json',
  ],
  notes:
    'A folder is searched with everything below it; what systems keep there (.git, @eaDir, #recycle, $RECYCLE.BIN, ._song.mp3 ...) ' +
    'is left out, and so is a folder with a file named .notmusic in it. Its audio files are known by their suffixes: ' +
    `${suffixes.join(' ')}. A file that is named itself may have any suffix; a playlist (m3u, m3u8, pls, xspf, cue) stands for ` +
    'its files, whose paths are relative to it. A file that comes twice, under one name or two, is tagged once. With -o, a file ' +
    'that was moved since is known by its content and keeps its result.',
  options: {
    model: { kind: 'model', required: true, short: 'm', help: 'the model file' },
    top: {
      kind: 'integer',
      minimum: 1,
      otherwise: '5; no limit with a threshold',
      help: 'how many tags to keep, best first',
    },
    threshold: { kind: 'number', minimum: 0, maximum: 1, otherwise: 'none', help: 'lowest score to keep' },
    all: {
      kind: 'flag',
      default: false,
      excludes: ['top', 'threshold'],
      help: "keep every tag, in the model's order",
    },
    segments: {
      kind: 'segments',
      default: 'all',
      help: 'how many segments of a file to hear: all, or N evenly spread',
    },
    out: {
      kind: 'path',
      short: 'o',
      suffixes: ['.jsonl', '.ndjson', '.csv'],
      otherwise: 'no file',
      help: 'write the records to a file, JSON lines (.jsonl, .ndjson) or a table (.csv), and skip what it already holds',
    },
    retryFailed: {
      kind: 'flag',
      default: false,
      needs: 'out',
      help: 'try files again that the output lists as failed',
    },
    filesFrom: {
      kind: 'path',
      otherwise: 'none',
      help: 'read further paths from a file, one a line, or a playlist; - is stdin',
    },
    nullSeparated: {
      kind: 'flag',
      default: false,
      short: '0',
      needs: 'filesFrom',
      help: 'paths that are read are separated by NUL',
    },
    jobs: { ...threadCount, otherwise: 'one a core', help: 'files decoded at the same time' },
    batchSize: { ...batchSize, default: 16, help: 'segments of one batch' },
    device,
    precision,
    threads,
    ...terminal,
  },
}
