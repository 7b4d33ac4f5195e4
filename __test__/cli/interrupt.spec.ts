import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import test from 'ava'

import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { type JsonRecord, recordsOf, startSamplecnn } from '../support/samplecnn.js'

/** Runs `samplecnn` with `--json -q` and sends `signal` after a record of `type`; returns the output after that. */
async function stop(
  signal: NodeJS.Signals,
  type: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; last: JsonRecord | undefined; stderr: string }> {
  const child = startSamplecnn([...words, '--json', '-q'], env)
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

/** The command line of a training of a few seconds into the folder `run`, without options for its length. */
function training(folder: string): string[] {
  const { path } = dataset(folder) as { readonly path: string }
  const out = ['-o', join(folder, 'run'), '--cache', join(folder, 'cache')]
  return ['train', '--manifest', path, ...out, '-a', '3^4@8000', '--segments', '8', '--patience', '1000']
}

const aborted = { type: 'error', error: { code: 'ERR_ABORTED', message: 'stopped by a signal' } }

test('Ctrl-C and SIGTERM stop a training after a checkpoint, and the command that continues it is printed', async t => {
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

test('a closed terminal stops a training like SIGTERM, even with repeated signals', async t => {
  if (process.platform === 'win32') return t.pass('Windows has no such signal')
  const folder = emptyFolder(t)
  const words = [...training(folder), '--epochs', '1000']
  // The tests themselves may run under nohup.
  const env = { _: process.execPath }
  const stopped = await stop('SIGHUP', 'epoch', words, env)
  t.is(stopped.status, 143, stopped.stderr)
  t.deepEqual(stopped.last, aborted)

  const child = startSamplecnn([...words, '--resume', '--json'], env)
  // No signal is sent after the last record: by then the process is ending and Node has removed its handlers.
  child.stdout.on('data', (data: Buffer) => data.includes('"error"') || child.kill('SIGHUP'))
  child.stderr.destroy()
  const [status] = (await once(child, 'close')) as [number | null]
  t.is(status, 143)
  t.true(existsSync(join(folder, 'run', 'checkpoint.safetensors')))
})

test('under nohup a closed terminal does not stop a training', async t => {
  if (process.platform === 'win32') return t.pass('Windows has no such signal')
  const folder = emptyFolder(t)
  const { status, last, stderr } = await stop('SIGHUP', 'epoch', [...training(folder), '--epochs', '4'], {
    _: '/usr/bin/nohup',
  })
  t.is(status, 0, stderr)
  t.like(last, { type: 'done', epochs: 4 })
})

test('a parent that ignores the signal makes the command ignore it', t => {
  if (process.platform !== 'linux') return t.pass('only Linux tells')
  const question = "import('./cli/interrupt.ts').then(({ ignoresHangup }) => console.log(ignoresHangup({})))"
  const asked = (trap: string): string => {
    const words = [
      '-c',
      `${trap} "$@"; true`,
      'sh',
      process.execPath,
      '--import=@oxc-node/core/register',
      '-e',
      question,
    ]
    return execFileSync('sh', words, { encoding: 'utf8' }).trim()
  }
  t.is(asked(''), 'false')
  t.is(asked('trap "" HUP;'), 'true')
})

test('tagging into a file is continued by the same command, tagging without one cannot be continued', async t => {
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
