import test from 'ava'

import { clock, compact, count, metric, table } from '../../cli/format.js'

test('seconds are shown as a clock', t => {
  t.is(clock(5), '0:05')
  t.is(clock(95.4), '1:35')
  t.is(clock(7507), '2:05:07')
  t.is(clock(-1), '0:00')
})

test('numbers for people', t => {
  t.is(metric(0.90551), '0.9055')
  t.is(metric(null), '-')
  t.is(count(2460466), '2,460,466')
  t.is(compact(0.00008), '0.00008')
})

test('a table aligns its columns', t => {
  t.deepEqual(
    table(
      [
        ['tag', 'n'],
        ['rock', '5'],
        ['ambient', '12'],
      ],
      new Set([1]),
    ),
    ['tag       n', '-------  --', 'rock      5', 'ambient  12'],
  )
})
