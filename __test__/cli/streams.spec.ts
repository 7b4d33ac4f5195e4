import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'

import test from 'ava'

import { root } from '../../scripts/paths.mjs'
import { execute } from '../support/child.js'
import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn, samplecnnTo, startSamplecnn } from '../support/samplecnn.js'

test('paths come from standard input, one per line or separated by NUL', async t => {
  const { model, files } = await library(t, 2)
  for (const [separator, flags] of [
    ['\n', []],
    ['\0', ['-0']],
  ] as const) {
    const child = startSamplecnn(['tag', '-', ...flags, '-m', model, '--json'])
    child.stdin.end(files.join(separator))
    const found = recordsOf(await text(child.stdout))
    t.deepEqual(
      found.filter(({ type }) => type === 'result').map(({ file }) => file),
      files,
    )
  }
})

test('paths come from a file, after those on the command line', async t => {
  const { folder, model, files } = await library(t, 3)
  const list = join(folder, 'list.txt')
  writeFileSync(list, `${files[1]}\n${files[0]}\n`)
  const { status, stdout } = await samplecnn(['tag', files[2]!, '--files-from', list, '-m', model, '--json'])
  t.is(status, 0)
  t.deepEqual(
    recordsOf(stdout)
      .filter(({ type }) => type === 'result')
      .map(({ file }) => file),
    [files[2], files[1], files[0]],
  )
})

test('a table has a row per file and a column per tag', async t => {
  const { folder, model, files } = await library(t, 2)
  const out = join(folder, 'tags.csv')
  const { status, stdout } = await samplecnn(['tag', ...files, '-m', model, '-o', out, '-q'])
  t.is(status, 0)
  t.is(stdout, '', 'the records are in the file')
  const [head = '', ...rows] = readFileSync(out, 'utf8').trimEnd().split(/\r?\n/)
  t.true(
    ['file', 'score:a', 'score:f'].every(column => head.split(',').includes(column)),
    head,
  )
  t.is(rows.length, 2)
  t.true(files.every((file, index) => rows[index]?.includes(file)))
})

test('a closed pipe ends the command quietly', async t => {
  const { folder, model } = await library(t, 40)
  const child = startSamplecnn(['tag', folder, '-m', model, '--json'])
  const said = text(child.stderr)
  child.stdout.once('data', () => child.stdout.destroy())
  const [status] = (await once(child, 'close')) as [number | null]
  t.is(status, 0)
  t.notRegex(await said, /EPIPE|samplecnn:/)
})

test('a command that writes files continues after its output pipe is closed', async t => {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  const out = join(folder, 'run')
  const small = ['-a', '3^4@8000', '--segments', '8', '--epochs', '5']
  const child = startSamplecnn([
    'train',
    '--manifest',
    path,
    '--cache',
    join(folder, 'cache'),
    '-o',
    out,
    ...small,
    '--json',
  ])
  child.stderr.destroy()
  child.stdout.once('data', () => child.stdout.destroy())
  const [status] = (await once(child, 'close')) as [number | null]
  t.is(status, 0)
  t.true(existsSync(join(out, 'report.json')))
})

test('a full disk behind standard error, or a closed standard error, does not matter', async t => {
  if (process.platform !== 'linux') return t.pass('/dev/full is a device of Linux')
  const { model, files } = await library(t, 1)
  for (const words of [['--help'], ['inspect', '3^9'], ['tag', files[0]!, '-m', model]]) {
    for (const where of ['2> /dev/full', '2>&-']) t.is((await samplecnnTo(where, words)).status, 0, words.join(' '))
  }
  t.is((await samplecnnTo('> /dev/full 2> /dev/full', ['inspect', '3^9'])).status, 1)
})

test('a limit of open files that is too low to start is told like other failures', async t => {
  if (process.platform === 'win32') return t.pass()
  const line = `ulimit -n 24; exec "$0" "$@"`
  const words = [join(root, 'dist', 'cli', 'main.js'), 'inspect', '3^9', '--json']
  const { status, stdout, stderr } = await execute('sh', ['-c', line, process.execPath, ...words])
  t.is(status, 4)
  t.like(recordsOf(stdout)[0], { type: 'error', error: { code: 'ERR_IO' } })
  t.regex(stderr, /^samplecnn: too many open files.*ulimit -n.*\(ERR_IO\)\n$/)
})
