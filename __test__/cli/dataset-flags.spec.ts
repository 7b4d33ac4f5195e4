import test from 'ava'

import { checkDatasetFlags } from '../../cli/dataset-flags.js'
import { UsageError } from '../../cli/usage.js'
import type { FlagValues } from '../../src/options/flags.js'

const kinds = 'mtat, gtzan, jamendo, fma, esc50, tagtraum, msd, folders'

for (const [flags, message] of [
  [{}, 'train: the dataset is missing: --dataset KIND --root DIR, or --manifest FILE'],
  [{ dataset: 'mtat' }, 'train: --dataset mtat also needs --root DIR, the folder of the dataset'],
  [{ root: 'M' }, `train: --root also needs --dataset KIND: ${kinds}`],
  [{ lists: 'L' }, 'train: --lists also needs --dataset KIND --root DIR, or --manifest FILE'],
  [{ 'top-tags': '5' }, 'train: --top-tags also needs --dataset KIND --root DIR, or --manifest FILE'],
  [{ dataset: 'mtta', root: 'M' }, `train: --dataset must be ${kinds}, received "mtta"; did you mean mtat?`],
  [{ dataset: 'songs', root: 'M' }, /received "songs"; for your own list use --manifest FILE/],
  [
    { dataset: 'mtat', root: 'M', manifest: 'a.csv' },
    'train: --manifest FILE and --dataset exclude each other: leave out one of them',
  ],
  [{ root: 'M', manifest: 'a.csv' }, /--manifest FILE and --root exclude each other/],
  [
    { dataset: 'esc50', root: 'M', lists: 'L' },
    'train: --lists is for --dataset mtat, gtzan, jamendo, fma, tagtraum, msd, not for esc50',
  ],
  [{ manifest: '' }, 'train: --manifest is empty'],
  [{ manifest: 'a.csv', 'merge-tags': ['a = b', ''] }, 'train: --merge-tags is empty'],
  [{ 'positive-from': '0.5' }, 'train: --positive-from also needs --dataset KIND --root DIR, or --manifest FILE'],
  [{ dataset: 'mtat', root: 'M', 'positive-from': '0.5' }, 'train: --positive-from also needs --manifest FILE'],
  [{ manifest: 'a.csv', 'positive-from': '2' }, /--positive-from must be a number above 0 and at most 1, received "2"/],
  [{ split: 'kaist' }, 'train: --split also needs --dataset KIND --root DIR, or --manifest FILE'],
  [{ split: 'kaist', manifest: 'a.csv' }, /--manifest FILE and --split exclude each other/],
  [{ dataset: 'gtzan', root: 'G', split: 'kaist' }, 'train: --split must be filtered, all, received "kaist"'],
  [
    { dataset: 'mtat', root: 'M', split: 'kiast' },
    'train: --split must be kaist, tagged, tae-jun, pons, received "kiast"; did you mean kaist?',
  ],
  [{ dataset: 'jamendo', root: 'J', split: '5' }, 'train: --split must be 0, 1, 2, 3, 4, received "5"'],
  [{ dataset: 'fma', root: 'F', subset: 'tiny' }, /--subset must be small, medium, large, full, received "tiny"/],
  [{ manifest: 'a.csv', fold: '0' }, 'train: --fold must be a whole number from 1, received "0"'],
  [{ manifest: 'a.csv', 'min-positives': 'few' }, /--min-positives must be a whole number from 1, received "few"/],
] as const) {
  test(`${JSON.stringify(flags)} is refused with the names of the flags`, t => {
    t.throws(() => checkDatasetFlags('train', flags as FlagValues), { instanceOf: UsageError, message })
  })
}

test('flags of another dataset of a command have a prefix', t => {
  const check = (flags: FlagValues): void => checkDatasetFlags('experiment', flags, 'source-')
  t.notThrows(() => check({ dataset: 'gtzan', root: 'G', 'source-dataset': 'mtat', 'source-root': 'M' }))
  t.throws(() => check({ dataset: 'gtzan', root: 'G', 'source-dataset': 'mtat' }), {
    instanceOf: UsageError,
    message: 'experiment: --source-dataset mtat also needs --source-root DIR, the folder of the dataset',
  })
})

test('one dataset is accepted', t => {
  for (const flags of [
    { manifest: 'a.csv' },
    { manifest: 'a.csv', group: 'artist', fold: '2', 'merge-tags': ['a = b', 'c = d'], 'tag-list': 'tags.txt' },
    { dataset: 'folders', root: 'M', 'top-tags': '5' },
    { dataset: 'gtzan', root: 'G', lists: 'L' },
    { manifest: 'a.jsonl', 'positive-from': '0.3' },
    { dataset: 'mtat', root: 'M', split: 'tagged', lists: 'L' },
    { dataset: 'jamendo', root: 'J', split: '3', subset: 'genre' },
    { dataset: 'esc50', root: 'E', subset: 'esc10', fold: '5' },
  ]) {
    t.notThrows(() => checkDatasetFlags('train', flags))
  }
})
