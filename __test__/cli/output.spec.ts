import { Writable } from 'node:stream'

import test from 'ava'

import { createOutput } from '../../cli/output.js'

/** A stream that stores what is written; with `code` it fails with this code instead. */
function sink(code?: string): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (code === undefined) text += chunk.toString()
      done(code === undefined ? null : Object.assign(new Error(`${code}: told by the system`), { code }))
    },
  })
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}

test('text is for people, records are for programs', async t => {
  for (const [json, expected] of [
    [false, String.raw`a\u{1b}[2J` + '\n'],
    [true, '{"file":"a\\u001b[2J"}\n'],
  ] as const) {
    const { stream, text } = sink()
    const output = createOutput(stream, json)
    output.text('a\u001B[2J')
    output.record({ file: 'a\u001B[2J' })
    await output.flush()
    t.is(text(), expected)
    t.false(output.broken.aborted)
  }
})

test('a full disk ends the command with a code and advice', async t => {
  const { stream } = sink('ENOSPC')
  const output = createOutput(stream, false)
  output.text('a')
  await output.flush()
  t.true(output.broken.aborted)
  t.like(output.broken.reason, { code: 'ERR_OUTPUT' })
  t.regex((output.broken.reason as Error).message, /cannot write to standard output: .*; the disk is full/)
  output.text('what comes later is not written')
  await output.flush()
})
