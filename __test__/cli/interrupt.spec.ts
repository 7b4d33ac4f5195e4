import { mkdirSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import test from 'ava'

import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { type JsonRecord, recordsOf, startSamplecnn } from '../support/samplecnn.js'

/** Runs `samplecnn` with `--json -q` and sends `signal` once a record of `type` has come; what it then said. */
async function stop(
  signal: NodeJS.Signals,
  type: string,
  words: readonly string[],
): Promise<{ status: number | null; last: JsonRecord | undefined; stderr: string }> {
  const child = startSamplecnn([...words, '--json', '-q'])
  let seen = ''
  let sent = false
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString()
    if (!sent && seen.includes(`{"type":"${type}"`)) {
      sent = true
      child.kill(signal)
    }
  })
  const said = text(child.stderr)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, last: recordsOf(seen).at(-1), stderr: await said }
}

const aborted = { type: 'error', error: { code: 'ERR_ABORTED', message: 'stopped by a signal' } }

test('Ctrl-C and SIGTERM stop a training after a checkpoint, and the line that continues it is printed', async t => {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  const out = join(folder, "Dad's run")
  const small = ['-a', '3^4@8000', '--segments', '8', '--epochs', '1000', '--patience', '1000']
  const words = ['train', '--manifest', path, '--cache', join(folder, 'cache'), '-o', out, ...small]
  const first = await stop('SIGINT', 'epoch', words)
  t.is(first.status, 130, first.stderr)
  t.deepEqual(first.last, aborted)
  const line = /^to continue: samplecnn (.+)$/m.exec(first.stderr)?.[1] ?? ''
  t.regex(line, /^train --manifest .+ -o '.+Dad'\\''s run' .+ --resume$/)

  const second = await stop('SIGTERM', 'epoch', [...words, '--resume'])
  t.is(second.status, 143, second.stderr)
  t.deepEqual(second.last, aborted)
  t.regex(second.stderr, /^to continue: samplecnn train .+ --resume .+$/m)
})

test('tagging into a file is continued by its own line, tagging without one by nothing', async t => {
  const { folder, model, files } = await library(t, 1)
  const many = join(folder, 'many')
  mkdirSync(many)
  const list = join(many, 'list.txt')
  writeFileSync(list, `${files[0]}\n`.repeat(200_000))
  const words = ['tag', '--files-from', list, '-m', model]
  const out = join(folder, 'tags.jsonl')
  const written = await stop('SIGINT', 'start', [...words, '-o', out])
  t.is(written.status, 130, written.stderr)
  t.regex(written.stderr, /^to continue: samplecnn tag --files-from .+ -o .+tags\.jsonl --json -q$/m)
  const shown = await stop('SIGINT', 'start', words)
  t.is(shown.status, 130, shown.stderr)
  t.deepEqual(shown.last, aborted)
  t.notRegex(shown.stderr, /to continue/)
})
