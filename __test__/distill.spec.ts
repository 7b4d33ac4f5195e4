import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { distill, Model, tag, train } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, samplecnn } from './support/samplecnn.js'

/** A dataset of tones, a model that tells them apart, and their scores. */
async function taught(folder: string, timeline: boolean): Promise<{ teacher: string; list: string; scores: string }> {
  const tones = dataset(folder)
  const [teacher, scores] = [join(folder, 'teacher.safetensors'), join(folder, 'scores.jsonl')]
  await using model = await Model.create({ architecture: '3^4@8000', tags: ['high', 'low'], seed: 3 })
  await model.save(teacher)
  for await (const record of tag([join(folder, 'clips')], { model: teacher, all: true, timeline, out: scores })) {
    if (record.type !== 'result') throw new Error(JSON.stringify(record))
  }
  return { teacher, list: String(tones.path), scores }
}

test('a student is trained on the scores of a teacher', async t => {
  const folder = emptyFolder(t)
  const { list, scores } = await taught(folder, false)
  const out = join(folder, 'soft.jsonl')
  const done = await distill({ scores, out, splits: list })
  t.deepEqual(done, { type: 'done', manifest: out, targets: null, clips: 16, tags: 2, segments: null, failed: 0 })
  const lines = readFileSync(out, 'utf8').trim().split('\n')
  t.is(lines.length, 16)
  const first = JSON.parse(lines[0]!) as { tags: Record<string, number>; split: string }
  t.deepEqual(Object.keys(first.tags), ['high', 'low'])
  const run = await train({
    dataset: { kind: 'manifest', path: out, positiveFrom: 0.4 },
    architecture: '3^4@8000',
    out: join(folder, 'run'),
    cache: join(folder, 'cache'),
    segments: 2,
    batchSize: 8,
    epochs: 1,
  })
  t.true(existsSync(run.best))
})

test('the scores of segments become arrays that fit the network of the teacher', async t => {
  const folder = emptyFolder(t)
  const { list, scores } = await taught(folder, true)
  const out = join(folder, 'soft.jsonl')
  const made = await samplecnn(['distill', scores, '-o', out, '--splits', list, '--json'])
  t.is(made.status, 0, made.stderr)
  const done = recordsOf(made.stdout).at(-1)
  t.like(done, { type: 'done', clips: 16, tags: 2, failed: 0, targets: join(folder, 'soft.targets') })
  const flags = ['--manifest', out, '--cache', join(folder, 'cache'), '--epochs', '1', '--batch-size', '64']
  const fits = await samplecnn(['train', ...flags, '-a', '3^4@8000', '-o', join(folder, 'run')])
  t.is(fits.status, 0, fits.stderr)
  const other = await samplecnn(['train', ...flags, '-a', '3^5@8000', '-o', join(folder, 'other')])
  t.regex(other.stderr, /rows of targets, but .* has \d+ segments of 729 samples/)
})

test('a file that does not contain scores is refused with file and line', async t => {
  const folder = emptyFolder(t)
  const scores = join(folder, 'scores.jsonl')
  writeFileSync(scores, '{"type":"start"}\nnothing\n')
  await t.throwsAsync(distill({ scores, out: join(folder, 'soft.jsonl') }), {
    code: 'ERR_DATASET',
    message: /scores\.jsonl: line 2: not a record of samplecnn tag --all/,
  })
  await t.throwsAsync(distill({ scores, out: join(folder, 'soft.csv') }), {
    code: 'ERR_INVALID_OPTION',
    message: /\.jsonl/,
  })
  await t.throwsAsync(distill({ scores: join(folder, 'none'), out: join(folder, 'soft.jsonl') }), {
    code: 'ERR_FILE_NOT_FOUND',
  })
})
