import test from 'ava'

import { showDownload } from '../../cli/download.js'
import type { Progress, ProgressState } from '../../cli/progress.js'

/** A progress that keeps what it is told. */
function keeping(): Progress & { states: ProgressState[]; lines: string[] } {
  const states: ProgressState[] = []
  const lines: string[] = []
  return { states, lines, update: state => void states.push(state), line: text => void lines.push(text), clear() {} }
}

test('a download is shown in kilobytes, and its end is a line', t => {
  const progress = keeping()
  const event = { type: 'download', model: 'hf:user/repo', total: 4_000_000 } as const
  showDownload({ ...event, bytes: 0, seconds: 0 }, progress)
  showDownload({ ...event, bytes: 1_000_001, seconds: 0.5 }, progress)
  showDownload({ ...event, bytes: 4_000_000, seconds: 2 }, progress)
  t.deepEqual(
    progress.states.map(({ label, done, total, unit }) => [label, done, total, unit]),
    [
      ['downloading hf:user/repo', 0, 4000, 'kB'],
      ['downloading hf:user/repo', 1001, 4000, 'kB'],
    ],
  )
  t.deepEqual(progress.lines, ['downloaded hf:user/repo: 4000 kB in 2.0 s'])
})

test('a size that is unknown is not shown, and a warning is a line', t => {
  const progress = keeping()
  showDownload({ type: 'download', model: 'hf:user/repo', bytes: 2000, total: null, seconds: 1 }, progress)
  t.is(progress.states[0]?.total, null)
  showDownload({ type: 'warning', code: 'hub-not-reached', message: 'no network' }, progress)
  t.deepEqual(progress.lines, ['warning: no network'])
})
