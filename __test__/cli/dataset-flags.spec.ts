import test from 'ava'

import { checkDatasetFlags } from '../../cli/dataset-flags.js'
import { UsageError } from '../../cli/usage.js'
import type { FlagValues } from '../../src/options/flags.js'

for (const [flags, message] of [
  [{}, 'train: the dataset is missing: --dataset KIND --root DIR, or --manifest FILE'],
  [{ dataset: 'mtat' }, 'train: --dataset mtat also needs --root DIR, the folder of the dataset'],
  [{ root: 'M' }, 'train: --root also needs --dataset KIND: mtat, gtzan, folders'],
  [{ lists: 'L' }, 'train: --lists also needs --dataset gtzan --root DIR'],
  [
    { dataset: 'mtta', root: 'M' },
    'train: --dataset must be mtat, gtzan, folders, received "mtta"; did you mean mtat?',
  ],
  [{ dataset: 'songs', root: 'M' }, /received "songs"; for your own list use --manifest FILE/],
  [
    { dataset: 'mtat', root: 'M', manifest: 'a.csv' },
    'train: --manifest FILE and --dataset exclude each other: leave out one of them',
  ],
  [{ root: 'M', manifest: 'a.csv' }, /--manifest FILE and --root exclude each other/],
  [{ dataset: 'mtat', root: 'M', lists: 'L' }, 'train: --lists is for --dataset gtzan, not for mtat'],
  [{ manifest: '' }, 'train: --manifest is empty'],
  [{ 'positive-from': '0.5' }, 'train: --positive-from also needs --manifest FILE'],
  [{ dataset: 'mtat', root: 'M', 'positive-from': '0.5' }, 'train: --positive-from also needs --manifest FILE'],
  [{ split: 'kaist' }, 'train: --split also needs --dataset mtat --root DIR'],
  [{ split: 'kaist', manifest: 'a.csv' }, /--manifest FILE and --split exclude each other/],
  [{ dataset: 'gtzan', root: 'G', split: 'kaist' }, 'train: --split is for --dataset mtat, not for gtzan'],
  [
    { dataset: 'mtat', root: 'M', split: 'kiast' },
    'train: --split must be kaist, tagged, pons, received "kiast"; did you mean kaist?',
  ],
] as const) {
  test(`${JSON.stringify(flags)} is refused with the names of the flags`, t => {
    t.throws(() => checkDatasetFlags('train', flags as FlagValues), { instanceOf: UsageError, message })
  })
}

test('one dataset is accepted', t => {
  for (const flags of [
    { manifest: 'a.csv' },
    { dataset: 'folders', root: 'M' },
    { dataset: 'gtzan', root: 'G', lists: 'L' },
    { manifest: 'a.jsonl', 'positive-from': '0.3' },
    { dataset: 'mtat', root: 'M', split: 'tagged' },
  ]) {
    t.notThrows(() => checkDatasetFlags('train', flags))
  }
})
