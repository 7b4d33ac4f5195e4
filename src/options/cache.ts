import { cache as folder, terminal } from './recurring.js'
import type { Table, Verb } from './table.js'

const cache: Table = { cache: folder }

/** `cache list`. */
export const listCache: Verb = {
  name: 'listCache',
  summary: 'List what the cache of prepared audio holds',
  interface: 'ListCacheOptions',
  events: 'ListCacheDone',
  abortable: true,
  usage: '',
  examples: [],
  options: cache,
}

/** `cache prune`; on the command line also `cache list`. */
export const pruneCache: Verb = {
  name: 'cache',
  method: 'pruneCache',
  summary: 'List or free the cache of prepared audio, which all datasets share',
  interface: 'PruneCacheOptions',
  events: 'PruneCacheEvent',
  abortable: true,
  usage: 'list|prune [options]',
  examples: [
    'cache list',
    'cache prune --unused --dry-run',
    'cache prune --older-than 30',
    'cache prune --max-size 50',
    'cache prune --damaged',
  ],
  notes:
    '`cache list` says what the cache holds at each sampling rate; of the options it accepts only --cache, --json and ' +
    '--quiet. `cache prune` removes the copies that its options select, and always caches of earlier versions, copies ' +
    'that a longer copy replaces, and what killed jobs have left. What a running job uses stays. Removed audio is ' +
    'decoded again by the next job that needs it.',
  options: {
    olderThan: {
      kind: 'number',
      minimum: 0,
      otherwise: 'none',
      placeholder: 'DAYS',
      help: 'remove copies that were not used for more than this many days',
    },
    maxSize: {
      kind: 'number',
      minimum: 0,
      otherwise: 'no limit',
      placeholder: 'GB',
      help: 'then remove copies until at most this many gigabytes are left, first those not used for the longest time',
    },
    unused: {
      kind: 'flag',
      default: false,
      help: 'remove copies whose files no longer exist (also those on a disk that is not mounted) or have changed',
    },
    damaged: { kind: 'flag', default: false, help: 'read all copies and remove damaged ones' },
    dryRun: { kind: 'flag', default: false, help: 'remove nothing, and only say what would be removed' },
    ...cache,
    ...terminal,
  },
}
