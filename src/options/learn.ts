import { bootstrap, device, precision, seed, task, terminal, threadCount, threads } from './recurring.js'
import type { Verb } from './table.js'

/** `learn`. */
export const learn: Verb = {
  name: 'learn',
  summary: 'Learn the tags of a music library: a model of your own, tested honestly',
  interface: 'LearnOptions',
  events: 'LearnEvent',
  abortable: true,
  usage: 'LIBRARY... -o DIR [options]',
  examples: [
    'learn Music --dry-run',
    'learn Music -o my-tags',
    'learn Music -o my-tags --metadata none --folder-levels 1 --task single-label',
    'learn --manifest songs.csv --from best.safetensors -o my-tags',
  ],
  notes:
    'Tags come from the metadata of the files, and where asked for from folder names, manifests, Rekordbox and ' +
    'playlists (docs/library.md). Learning again after a change of the tags is quick: features stay in the cache.',
  options: {
    library: {
      kind: 'paths',
      positional: true,
      placeholder: 'LIBRARY...',
      otherwise: 'none; a manifest, a collection or playlists are then needed',
      help: 'folders and files with songs; folders are searched with all folders inside',
    },
    manifest: {
      kind: 'path',
      otherwise: 'none',
      help: 'CSV or JSONL with path and tags of songs, and optionally artist and album',
    },
    rekordbox: { kind: 'path', otherwise: 'none', help: 'a collection that Rekordbox exported as XML' },
    rekordboxPlaylists: {
      kind: 'flag',
      default: false,
      needs: 'rekordbox',
      help: 'the names of the playlists of the collection are tags too',
    },
    playlists: {
      kind: 'paths',
      otherwise: 'none',
      help: 'M3U playlists, and folders with them: the name of a playlist is a tag of its songs',
    },
    metadata: {
      kind: 'texts',
      placeholder: 'FIELD,...',
      otherwise: 'genre,mood,grouping,rating',
      help: "fields of the files' metadata that give tags: genre, mood, grouping, comment, rating; or none",
    },
    commentWords: { kind: 'flag', default: false, help: 'every word of a comment is a tag' },
    folderLevels: {
      kind: 'integers',
      otherwise: 'none',
      needs: 'library',
      help: 'folders whose names are tags: 1 is the folder in the named one, 2 the next; -1 is the folder of the file',
    },
    aliases: {
      kind: 'path',
      otherwise: 'none',
      help: 'file with rules for tags of the same meaning, one per line, such as hip hop = rap',
    },
    ignore: { kind: 'texts', otherwise: 'none', help: 'further texts that are not tags' },
    separators: {
      kind: 'text',
      otherwise: ';,/|',
      help: 'the characters that separate several tags in one text',
    },
    from: {
      kind: 'modelFile',
      placeholder: 'NAME',
      otherwise: 'the default model, of the package samplecnn-model',
      help: 'the base model, whose features are the ear of the new model: a file, a model package, or hf:USER/REPO',
    },
    out: {
      kind: 'path',
      short: 'o',
      placeholder: 'DIR',
      otherwise: 'none; needed unless dryRun is given',
      help: 'folder for the model, the report and the lists',
    },
    dryRun: {
      kind: 'flag',
      default: false,
      help: 'only say what was found: tags, counts, contradictions, files that cannot be read',
    },
    task: {
      ...task,
      default: 'multi-label',
      help: 'whether a song has any number of tags or exactly one; then the model chooses one tag for each song',
    },
    depth: {
      kind: 'depth',
      default: 'head',
      help:
        'what learns: the head; or after it also the last N blocks or all of the network, ' +
        'which is kept only if it is measurably better',
    },
    epochs: {
      kind: 'integer',
      minimum: 1,
      default: 12,
      help: 'number of epochs of the fine-tuning that depth asks for',
    },
    segments: {
      kind: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 10,
      help: 'segments of each song, evenly spread; more are slower',
    },
    folds: {
      kind: 'integer',
      minimum: 3,
      maximum: 20,
      default: 5,
      help: 'number of parts of the cross-validation',
    },
    bootstrap: {
      ...bootstrap,
      minimum: 100,
      help: 'draws of the bootstrap over artists and albums that gives the 95 % intervals',
    },
    force: {
      kind: 'flag',
      default: false,
      help: 'replace files in the folder that learn did not write',
    },
    seed: { ...seed, help: 'seed of the parts and of the hidden layer' },
    device,
    precision,
    threads: { ...threads, help: 'number of threads that compute the network and the head' },
    jobs: {
      ...threadCount,
      otherwise: 'one per core',
      help: 'number of files to read at the same time',
    },
    cache: {
      kind: 'path',
      placeholder: 'DIR',
      otherwise: "the user's cache folder",
      help: 'folder for the features of the songs',
    },
    ...terminal,
  },
}
