import { existsSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { faults } from '../support/declared.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

test('embed prints the size and the first values for people', async t => {
  const { model, files } = await library(t, 1)
  const { status, stdout, stderr } = await samplecnn(['embed', files[0]!, '-m', model, '--tags', '--top', '1'])
  t.is(status, 0, stderr)
  t.regex(stdout, /tone 0\.wav {2}0:0\d\n {2}\d+ values of level -1: -?\d+\.\d{3} .*\.\.\.\n {2}[a-f] {2}0\.\d{3}/)
  t.regex(stderr, /1 file in .*: 1 embedded/)
})

test('embed --json prints declared records', async t => {
  const { model, files } = await library(t, 1)
  const words = ['embed', ...files, '-m', model, '--levels', '-3,-2,-1', '--json']
  const { status, stdout } = await samplecnn(words)
  t.is(status, 0)
  const types = { start: 'TagStart', embedding: 'EmbeddingResult', progress: 'TagProgress', done: 'TagDone' }
  const records = recordsOf(stdout)
  t.true(records.some(({ type }) => type === 'embedding'))
  for (const record of records) t.deepEqual(faults(types[record.type as keyof typeof types], record), [])
})

test('embed writes an array and continues it', async t => {
  const { folder, model } = await library(t, 2)
  const out = join(folder, 'e.npy')
  for (const expected of [/2 embedded/, /0 embedded .* 2 skipped/]) {
    const { status, stdout, stderr } = await samplecnn(['embed', folder, '-m', model, '-o', out])
    t.is(status, 0)
    t.is(stdout, '')
    t.regex(stderr, expected)
  }
  t.true(existsSync(out) && existsSync(join(folder, 'e.jsonl')))
})
