import test from 'ava'

import { visible, visibleLine } from '../../cli/visible.js'

test('a terminal prints control characters and does not obey them', t => {
  t.is(visible('plain, ümlaut, 日本\nsecond line'), 'plain, ümlaut, 日本\nsecond line')
  t.is(visible('\u001B]0;title\u0007\u009B2J\u007F'), String.raw`\u001b]0;title\u0007\u009b2J\u007f`)
  t.is(visible('a\rb\tc\0'), String.raw`a\rb\tc\u0000`)
  t.is(visible('gpj.\u202Eexe'), String.raw`gpj.\u202eexe`)
  t.is(visibleLine('a\nb'), String.raw`a\nb`)
})
