import test from 'ava'

import { printable } from '../../cli/printable.js'

test('control characters are escaped', t => {
  for (const [text, expected] of [
    ['\u001B[2Jx', String.raw`\u{1b}[2Jx`],
    ['\u0007bell', String.raw`\u{7}bell`],
    ['a\nb\rc\td', String.raw`a\nb\rc\td`],
    ['\u009B31m', String.raw`\u{9b}31m`],
    ['\u007F', String.raw`\u{7f}`],
    ['abc\u202Egnp.mp3', String.raw`abc\u{202e}gnp.mp3`],
    ['\u2066x\u2069\u200F', String.raw`\u{2066}x\u{2069}\u{200f}`],
    ['\u2028', String.raw`\u{2028}`],
  ] as const) {
    t.is(printable(text), expected)
  }
})

test('unusual but printable characters are kept', t => {
  for (const text of ['Mötley Crüe', '椎名林檎', 'שלום', '👩‍🎤', 'e\u0301', '█░…', 'a\\nb']) t.is(printable(text), text)
})
