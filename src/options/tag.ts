import { batchSize, device, precision, segments, terminal, threadCount, threads, threshold, top } from './recurring.js'
import { limits } from './limits.js'
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
    'Folders are searched recursively. System files and folders (.git, @eaDir, #recycle, $RECYCLE.BIN, ._song.mp3 ' +
    '...) are left out, and so is a folder that contains a file named .notmusic. Audio files in a folder are ' +
    `recognised by their suffixes: ${suffixes.join(' ')}. A file that is named itself may have any suffix. A ` +
    'playlist (m3u, m3u8, pls, xspf, cue) stands for the files in it, whose paths are relative to the playlist. ' +
    'A file that appears twice, even under two names, is tagged once. With -o, a file that has moved since is ' +
    'recognised by its content and keeps its result. A model whose card has an output rule names only tags above ' +
    'their thresholds, and says so if there is none; --top, --threshold and --all choose tags as with any model.',
  options: {
    model: { kind: 'model', required: true, short: 'm', help: 'the model file' },
    top: { ...top, otherwise: `${limits.topTags}, or as the model's card says; no limit with a threshold` },
    threshold,
    all: {
      kind: 'flag',
      default: false,
      excludes: ['top', 'threshold'],
      help: "keep every tag, in the model's order",
    },
    timeline: {
      kind: 'flag',
      default: false,
      help: 'add the scores of the tags over the time of the file, segment by segment',
    },
    calibrated: {
      kind: 'flag',
      default: false,
      excludes: ['timeline'],
      help:
        'map the scores to probabilities by the calibration of the model, ' +
        'which its training fitted on validation clips',
    },
    segments: { ...segments, default: 'all', help: 'segments of each file to use: all, or N evenly spread' },
    out: {
      kind: 'path',
      short: 'o',
      suffixes: ['.jsonl', '.ndjson', '.csv'],
      otherwise: 'no file',
      help: 'write the records to a file, JSON lines (.jsonl, .ndjson) or a table (.csv), and skip files already in it',
    },
    retryFailed: {
      kind: 'flag',
      default: false,
      needs: 'out',
      help: 'retry files that the output lists as failed',
    },
    filesFrom: {
      kind: 'path',
      otherwise: 'none',
      help: 'read further paths from a file with one path per line, or from a playlist; - is stdin',
    },
    nullSeparated: {
      kind: 'flag',
      default: false,
      short: '0',
      needs: 'filesFrom',
      help: 'paths in the list are separated by NUL',
    },
    jobs: { ...threadCount, otherwise: 'one per core', help: 'number of files to decode at the same time' },
    batchSize: { ...batchSize, default: 16, help: 'segments in one batch' },
    device,
    precision,
    threads,
    ...terminal,
  },
}
