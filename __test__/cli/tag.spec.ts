import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import test from 'ava'

import { root } from '../../scripts/paths.mjs'
import { summary } from '../../cli/file-job.js'
import { execute } from '../support/child.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'
import { tone, writeWave } from '../support/wave.js'

const main = join(root, 'dist', 'cli', 'main.js')

/** Runs a command line in a shell in which `samplecnn` is this program. */
async function shell(line: string, cwd: string): Promise<Awaited<ReturnType<typeof execute>>> {
  return await execute('sh', ['-c', `samplecnn() { "$NODE" "$MAIN" "$@"; }; ${line}`], {
    cwd,
    env: { NODE: process.execPath, MAIN: main, TERM: 'xterm' },
    seconds: 120,
  })
}

const done = {
  type: 'done',
  files: 0,
  ok: 0,
  failed: 0,
  unfinished: 0,
  skipped: 0,
  failedBefore: 0,
  leftOut: 0,
  audioSeconds: 0,
  seconds: 5,
} as const

test('the summary has a line for each kind of result', t => {
  t.deepEqual(summary({ ...done, files: 1, ok: 1, audioSeconds: 61 }, undefined), [
    '1 file in 0:05: 1 tagged (1:01 of audio), 0 failed, 0 skipped',
  ])
  t.deepEqual(
    summary(
      { ...done, files: 120_007, ok: 1, failed: 6, unfinished: 2, skipped: 120_000, failedBefore: 3, leftOut: 9 },
      'tags.jsonl',
    ),
    [
      '120,007 files in 0:05: 1 tagged (0:00 of audio), 6 failed, 120,000 skipped; records: tags.jsonl',
      'skipped: 120,000 files that are in tags.jsonl already, or occur more than once ' +
        '(3 failed before; --retry-failed tries them again)',
      'left out: 9 system files and marked folders (marker: .notmusic)',
      'not finished: 2 files and folders could not be read this time; run the same command again',
    ],
  )
})

test('the same command continues, in whatever notation numbers are given', async t => {
  const { folder, model, files } = await library(t, 1)
  for (const [index, flags] of [
    ['--threshold', '0.3'],
    ['--threshold', '0.7'],
    ['--threshold', '0.1'],
    ['--threshold=.05'],
    ['--threshold', '1e-7'],
    ['--threshold', '0.30000000000000004'],
    ['--threshold', '0'],
    ['--threshold', '1', '--top', '1e15'],
    ['--top', '9007199254740991', '--segments', '9007199254740991'],
  ].entries()) {
    for (const suffix of ['jsonl', 'csv']) {
      const line = ['tag', files[0]!, '-m', model, '-o', join(folder, `${index}.${suffix}`), '--json', ...flags]
      for (const type of ['result', 'skipped']) {
        const { status, stdout, stderr } = await samplecnn(line)
        t.is(status, 0, `${flags.join(' ')}: ${stderr}`)
        t.is(recordsOf(stdout).filter(record => record.type === type).length, 1, flags.join(' '))
      }
    }
  }
})

test('a second run reports in one line what it skips, and recognises a moved library', async t => {
  const { folder, model } = await library(t, 12)
  const music = join(folder, 'music')
  mkdirSync(music)
  for (let index = 0; index < 12; index++) renameSync(join(folder, `tone ${index}.wav`), join(music, `${index}.wav`))
  mkdirSync(join(music, '.git'))
  const output = ['-o', join(folder, 'tags.jsonl'), '--device', 'cpu']
  const line = (name: string): string[] => ['tag', join(folder, name), '-m', model, ...output]
  t.is((await samplecnn(line('music'))).status, 0)
  renameSync(music, join(folder, 'moved'))
  for (let round = 0; round < 2; round++) {
    const { status, stdout, stderr } = await samplecnn(line('moved'))
    t.is(status, 0)
    t.is(stdout, '')
    t.deepEqual(stderr.trimEnd().split('\n').slice(1), [
      `skipped: 12 files that are in ${join(folder, 'tags.jsonl')} already, or occur more than once`,
      'left out: 1 system file or marked folder (marker: .notmusic)',
    ])
  }
  t.notRegex(readFileSync(join(folder, 'tags.jsonl'), 'utf8'), /\/music\//)
})

test('a temporary read error ends with 4 and leaves no row; the same command continues', async t => {
  const { folder, model, files } = await library(t, 2)
  const music = join(folder, 'music')
  const closed = join(music, 'closed')
  mkdirSync(closed, { recursive: true })
  for (const [index, file] of files.entries()) renameSync(file, join(index === 0 ? music : closed, `${index}.wav`))
  const secret = writeWave(join(music, 'secret.wav'), tone(0.5, 300, 8000), 8000)
  const out = join(folder, 'tags.jsonl')
  // The superuser can read everything unless it drops its capabilities.
  const powerless = process.getuid?.() === 0 ? 'setpriv --inh-caps=-all --bounding-set=-all' : ''
  const line = `${powerless} "$NODE" "$MAIN" tag music -m '${model}' -o tags.jsonl`
  const allow = (mode: number): void => [closed, secret].forEach(path => chmodSync(path, mode))
  allow(0)
  for (let round = 0; round < 2; round++) {
    const { status, stdout, stderr } = await shell(line, folder)
    t.is(status, 4, stderr)
    t.regex(stdout, /^music\/closed {2}failed: .*\(ERR_IO\)$/m)
    t.regex(stdout, /^music\/secret\.wav {2}failed: .*\(ERR_IO\)$/m)
    t.regex(stderr, /^not finished: 2 files and folders could not be read this time; run the same command again$/m)
    t.notRegex(readFileSync(out, 'utf8'), /closed|secret/)
  }
  allow(0o755)
  t.is((await shell(line, folder)).status, 0)
  t.is(readFileSync(out, 'utf8').trimEnd().split('\n').length, 4)
})

test('a full disk behind stdout gives a coded error', async t => {
  const { folder, model, files } = await library(t, 1)
  const file = `'${files[0]}'`
  for (const line of [
    `samplecnn tag ${file} -m '${model}'`,
    `samplecnn tag ${file} -m '${model}' --json`,
    'samplecnn --help',
    'samplecnn --version',
    'samplecnn tag --help',
    'samplecnn inspect 3^9',
  ]) {
    const { status, stderr } = await shell(`${line} >/dev/full`, folder)
    t.is(status, 1, `${line}: ${stderr}`)
    t.regex(stderr, /^samplecnn: cannot write to standard output: .*the disk is full.* \(ERR_OUTPUT\)$/m, line)
    t.notRegex(stderr, /please report/)
  }
})

test('names cannot control the terminal', async t => {
  const { folder, model } = await library(t, 0)
  const name = 'a\u001B]0;owned\u0007\n\u202Eb.wav'
  writeWave(join(folder, name), tone(0.5, 200, 8000), 8000)
  writeFileSync(join(folder, 'c\u009B2J.mp3'), 'words')
  const { status, stdout, stderr } = await samplecnn(['tag', '.', join('.', 'no\u001Bne.wav'), '-m', model], folder)
  t.is(status, 1)
  // eslint-disable-next-line no-control-regex
  t.notRegex(stdout + stderr, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/)
  t.true(stdout.includes(String.raw`a\u{1b}]0;owned\u{7}\n\u{202e}b.wav  0:01`), stdout)
  const unknown = await samplecnn(['t\u001Bag'])
  t.true(unknown.stderr.includes(String.raw`unknown command "t\u{1b}ag"`), unknown.stderr)
})

test('a playlist works, also as an operand', async t => {
  const { folder, model, files } = await library(t, 2)
  const list = join(folder, 'list.m3u8')
  writeFileSync(list, '\uFEFF#EXTM3U\r\n#EXTINF:1,One\r\ntone 1.wav\r\n\r\ntone 0.wav\r\n')
  for (const words of [[list], ['--files-from', list]]) {
    const { status, stdout } = await samplecnn(['tag', ...words, '-m', model, '--json'])
    t.is(status, 0)
    const results = recordsOf(stdout).filter(({ type }) => type === 'result')
    t.deepEqual(
      results.map(({ file }) => file),
      [files[1], files[0]],
    )
  }
})

test('while a list is read from a terminal, a notice is printed', async t => {
  const { folder, model, files } = await library(t, 1)
  const words = [process.execPath, main, 'tag', '-', '-m', model].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', words, '/dev/null'], { cwd: folder, env: { ...process.env, TERM: 'dumb' } })
  const said = text(child.stdout)
  child.stdin.write(`${files[0]}\n`)
  setTimeout(() => child.stdin.end('\u0004'), 1000)
  t.regex(await said, /waiting for paths from this terminal, one per line; Ctrl-D ends the list[^]*1 file in /)
})
