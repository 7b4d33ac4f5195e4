import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

test('the exit status distinguishes all, some, none and wrong usage, and the last record gives the reason', async t => {
  const { folder, model, files } = await library(t, 1)
  const [file = ''] = files
  const none = join(folder, 'none')
  const cut = join(folder, 'cut.safetensors')
  const broken = join(folder, 'broken.json')
  const odd = join(folder, 'odd.json')
  const manifest = join(folder, 'bad.csv')
  const mixed = join(folder, 'mixed.csv')
  writeFileSync(cut, readFileSync(model).subarray(0, 2000))
  writeFileSync(broken, '{"samplingRate" 8000}')
  writeFileSync(odd, '{"samplingRate": 8000,\n "hat": 1}')
  writeFileSync(manifest, 'path,tags,split\na.wav,x,tset\n')
  writeFileSync(mixed, `path,tags,split\n${file},a,test\n${none}.wav,b,test\n`)
  const cases: readonly (readonly [status: number, code: string | undefined, words: string[]])[] = [
    [0, undefined, ['tag', file, '-m', model]],
    [1, undefined, ['tag', file, none, '-m', model]],
    [3, undefined, ['tag', none, '-m', model]],
    [3, 'ERR_FILE_NOT_FOUND', ['tag', file, '-m', none]],
    [3, 'ERR_MODEL_FORMAT', ['tag', file, '-m', cut]],
    [3, 'ERR_FILE_NOT_FOUND', ['tag', '--files-from', none, '-m', model]],
    [1, 'ERR_OUTPUT', ['tag', file, '-m', model, '-o', join(none, 'tags.csv')]],
    [2, 'ERR_INVALID_OPTION', ['tag', file, '-m', model, '-o', 'tags.json']],
    [2, 'ERR_INVALID_OPTION', ['tag', file, '-m', model, '-o', '-']],
    [2, 'ERR_INVALID_OPTION', ['tag', file, '-m', model, '--threshold', '-1']],
    [2, 'ERR_INVALID_OPTION', ['tag', file, '-m', model, '--all', '--top', '3']],
    [2, 'ERR_INVALID_OPTION', ['tag', file, '-m', model, '-0']],
    [2, 'ERR_INVALID_OPTION', ['tag', '-', '--files-from', none, '-m', model]],
    [2, 'ERR_INVALID_OPTION', ['tag', '-m', model]],
    [2, 'ERR_INVALID_OPTION', ['tga', file]],
    [2, 'ERR_INVALID_OPTION', ['inspect', '3^x']],
    [2, 'ERR_INVALID_OPTION', ['inspect', broken]],
    [2, 'ERR_INVALID_OPTION', ['prepare', '--manifest', mixed, '-a', odd]],
    [3, 'ERR_FILE_NOT_FOUND', ['inspect', `${none}.json`]],
    [3, 'ERR_FILE_NOT_FOUND', ['evaluate', none, '--manifest', manifest]],
    [3, 'ERR_DATASET', ['evaluate', model, '--manifest', manifest]],
    [3, 'ERR_FILE_NOT_FOUND', ['train', '--manifest', none, '-o', join(folder, 'run')]],
    [1, undefined, ['evaluate', model, '--manifest', mixed, '--cache', join(folder, 'cache')]],
  ]
  for (const [status, code, words] of cases) {
    const ended = await samplecnn([...words, '--json'])
    const said = `${words.join(' ')}: ${ended.stderr}`
    t.is(ended.status, status, said)
    const last = recordsOf(ended.stdout).at(-1)
    if (code === undefined) t.not(last?.type, 'error', said)
    else t.like(last, { type: 'error', error: { code } }, said)
    if (code !== undefined) t.regex(ended.stderr, new RegExp(`^samplecnn: .+ \\(${code}\\)$`, 'm'))
  }
})

test('paths are shown relative to the working directory, and are absolute in records', async t => {
  const { folder, model, files } = await library(t, 1)
  const words = ['tag', 'tone 0.wav', '-m', model]
  t.regex((await samplecnn(words, folder)).stdout, /^tone 0\.wav  0:01$/m)
  t.regex((await samplecnn(words.with(1, files[0]!))).stdout, new RegExp(`^${files[0]}  0:01$`, 'm'))
  const { stdout } = await samplecnn([...words, '--json'], folder)
  t.is(recordsOf(stdout).find(({ type }) => type === 'result')?.['file'], files[0])
})

test('--help and --version need no other arguments', async t => {
  t.is((await samplecnn(['--version'])).status, 0)
  const help = await samplecnn(['tag', '--help'])
  t.is(help.status, 0)
  t.regex(help.stdout, /\.notmusic/)
  t.is((await samplecnn([])).status, 2)
})
