import { Writable } from 'node:stream'

import test, { type ExecutionContext } from 'ava'

import { createProgress, render } from '../../cli/progress.js'

/** A stream that stores what is written, as a terminal or as a file. */
function sink(isTTY: boolean, columns = 80): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream, text: () => text }
}

const state = { label: 'tagging', done: 5, total: 20, unit: 'files' }

test('a state shows its share, rate and time left', t => {
  t.is(
    render({ ...state, note: '1 failed' }, 0.5, 200),
    'tagging  █████░░░░░░░░░░░░░░░ 5/20 files  0.5/s  0:30 left  1 failed',
  )
})

test('without a total there is no bar and no time left', t => {
  t.is(render({ ...state, total: null }, 12, 200), 'tagging  5 files  12/s')
})

test('a line never fills the last column of the terminal', t => {
  t.true(render(state, 1, 30).length < 30)
})

/** Sets TERM for one test. */
function setTerm(t: ExecutionContext, term: string | undefined): void {
  const before = process.env['TERM']
  const set = (value: string | undefined): void => {
    if (value === undefined) delete process.env['TERM']
    else process.env['TERM'] = value
  }
  set(term)
  t.teardown(() => set(before))
}

test.serial('a line on a terminal is redrawn and removed', t => {
  setTerm(t, 'xterm')
  const { stream, text } = sink(true)
  const progress = createProgress(stream, false)
  progress.update(state)
  progress.line('a notice')
  t.regex(text(), /tagging/)
  t.true(text().endsWith('\r\u001B[2Ka notice\n'))
})

for (const [what, term, columns] of [
  ['no columns', 'xterm', 0],
  ['too few columns', 'xterm', 10],
  ['no abilities', 'dumb', 80],
  ['no name', undefined, 80],
] as const) {
  test.serial(`a terminal with ${what} gets plain lines`, t => {
    setTerm(t, term)
    const { stream, text } = sink(true, columns)
    const progress = createProgress(stream, false)
    progress.update(state)
    progress.line('a notice')
    progress.clear()
    t.is(text(), 'a notice\n')
  })
}

test.serial('plain lines are written at intervals, complete and without control characters', t => {
  const { stream, text } = sink(false, 0)
  const progress = createProgress(stream, false)
  const now = Date.now
  t.teardown(() => (Date.now = now))
  const began = now()
  for (const seconds of [0, 10, 31, 40, 62]) {
    Date.now = () => began + 1000 * seconds
    progress.update({ ...state, done: 5 + seconds, total: null, note: 'x'.repeat(200) })
  }
  t.is(text(), ['36 files  1.0/s', '67 files  1.0/s'].map(line => `tagging  ${line}  ${'x'.repeat(200)}\n`).join(''))
})

test.serial('names cannot control a terminal', t => {
  setTerm(t, 'xterm')
  const { stream, text } = sink(true)
  const progress = createProgress(stream, false)
  progress.update({ ...state, note: 'a\u001B]0;b\u0007' })
  progress.line('\u001B[2Ja\nb\u202E')
  t.is(
    text().replaceAll('\r\u001B[2K', ''),
    `tagging  █████░░░░░░░░░░░░░░░ 5/20 files  ${String.raw`a\u{1b}]0;b\u{7}`}${String.raw`\u{1b}[2Ja\nb\u{202e}`}\n`,
  )
})

test('a log file gets no control characters', t => {
  const { stream, text } = sink(false)
  const progress = createProgress(stream, false)
  progress.update(state)
  progress.line('a notice')
  progress.clear()
  t.is(text(), 'a notice\n')
})

test('quiet prints nothing', t => {
  const { stream, text } = sink(true)
  const progress = createProgress(stream, true)
  progress.update(state)
  progress.line('a notice')
  t.is(text(), '')
})
