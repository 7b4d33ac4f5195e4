import { Writable } from 'node:stream'

import test from 'ava'

import { createProgress, render } from '../../cli/progress.js'

/** A stream that keeps what is written, as a terminal or as a file. */
function sink(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream, text: () => text }
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

test('a terminal line is redrawn and removed', t => {
  const { stream, text } = sink(true)
  const progress = createProgress(stream, false)
  progress.update(state)
  progress.line('a notice')
  t.regex(text(), /tagging/)
  t.true(text().endsWith('\r\u001B[2Ka notice\n'))
})

test('a log file gets no control characters', t => {
  const { stream, text } = sink(false)
  const progress = createProgress(stream, false)
  progress.update(state)
  progress.line('a notice')
  progress.clear()
  t.is(text(), 'a notice\n')
})

test('quiet says nothing', t => {
  const { stream, text } = sink(true)
  const progress = createProgress(stream, true)
  progress.update(state)
  progress.line('a notice')
  t.is(text(), '')
})
