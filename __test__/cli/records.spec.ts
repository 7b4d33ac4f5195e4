import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { Model } from '../../index.js'
import { dataset } from '../support/dataset.js'
import { faults } from '../support/declared.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { type JsonRecord, recordsOf, samplecnn } from '../support/samplecnn.js'

/** The records of a command that succeeds; each has exactly the fields that src/records/ declares for its `type`. */
async function records(t: ExecutionContext, types: readonly string[], words: readonly string[]): Promise<JsonRecord[]> {
  const { status, stdout, stderr } = await samplecnn([...words, '--json'])
  t.is(status, 0, stderr)
  const found = recordsOf(stdout)
  for (const record of found) {
    const each = types.map(type => faults(type, record))
    const fewest = each.sort((a, b) => a.length - b.length)[0]
    t.deepEqual(fewest, [], `${words[0]}: ${JSON.stringify(record)}`)
  }
  return found
}

/** The number of records of each type, without progress, which depends on the clock. */
function kinds(found: readonly JsonRecord[]): string[] {
  return found.map(({ type }) => type).filter(type => type !== 'progress' && type !== 'warning')
}

/** Flags for a small dataset, and a folder for the output. */
function songs(t: ExecutionContext): { folder: string; flags: string[] } {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  return { folder, flags: ['--manifest', path, '--cache', join(folder, 'cache')] }
}

test('train, then evaluate', async t => {
  const { folder, flags } = songs(t)
  const run = join(folder, 'run')
  const small = ['-a', '3^4@8000', '--segments', '8', '--batch-size', '16', '--epochs', '2']
  const trained = await records(t, ['TrainEvent'], ['train', ...flags, ...small, '-o', run])
  t.deepEqual([...new Set(kinds(trained))], ['start', 'epoch', 'checkpoint', 'done'])
  t.like(trained.at(-1), { type: 'done', run, best: join(run, 'best.safetensors'), epochs: 2 })

  const [evaluation, ...others] = await records(
    t,
    ['Evaluation'],
    ['evaluate', join(run, 'best.safetensors'), ...flags],
  )
  t.deepEqual(others, [])
  const { clips, perTag } = evaluation as unknown as { clips: number; perTag: { threshold: unknown; f1: unknown }[] }
  t.is(clips, 4)
  t.true(
    perTag.every(({ threshold, f1 }) => typeof threshold === 'number' && typeof f1 === 'number'),
    'a model that was validated has thresholds',
  )
})

test('train with several seeds, then compare', async t => {
  const { folder, flags } = songs(t)
  const out = join(folder, 'runs')
  const small = ['-a', '3^4@8000', '--segments', '4', '--batch-size', '16', '--epochs', '1', '--seeds', '2']
  const trained = await records(t, ['TrainEvent'], ['train', ...flags, ...small, '-o', out])
  t.deepEqual(
    kinds(trained).filter(type => type === 'seed' || type === 'done'),
    ['seed', 'seed', 'done'],
  )
  const runs = [join(out, 'seed-0'), join(out, 'seed-1')]
  const compared = await records(t, ['CompareEvent'], ['compare', ...runs])
  t.deepEqual(kinds(compared), ['done'], 'the runs of one group are not compared with each other')
})

test('prepare', async t => {
  const { folder, flags } = songs(t)
  const prepared = await records(t, ['PrepareEvent'], ['prepare', ...flags, '-a', '3^4@8000'])
  t.like(prepared.at(-1), { type: 'done', clips: 16, usable: 16, decoded: 16, failed: 0, mel: null })
  const mel = await records(t, ['PrepareEvent'], ['prepare', ...flags, '-a', 'mel:4,729,729'])
  t.true((mel.at(-1) as unknown as { mel: { deviation: number } }).mel.deviation > 0)
  t.true(String(prepared.at(-1)?.['cache']).startsWith(join(folder, 'cache')))
})

test('cache list and cache prune', async t => {
  const { folder, flags } = songs(t)
  await records(t, ['PrepareEvent'], ['prepare', ...flags, '-a', '3^4@8000'])
  const where = ['--cache', join(folder, 'cache')]
  t.deepEqual(kinds(await records(t, ['ListCacheDone'], ['cache', 'list', ...where])), ['done'])
  const prune = ['cache', 'prune', '--damaged', ...where]
  t.deepEqual(kinds(await records(t, ['PruneCacheEvent'], prune)), ['done'])
})

test('tag', async t => {
  const { folder, model, files } = await library(t, 2)
  const text = join(folder, 'text.wav')
  writeFileSync(text, 'words, not music')
  const out = join(folder, 'tags.jsonl')
  const words = ['tag', ...files, '-m', model, '-o', out]
  const first = await records(t, ['TagEvent', 'TagRecord'], words)
  t.deepEqual(kinds(first), ['start', 'result', 'result', 'done'])
  const { status, stdout } = await samplecnn([...words, text, join(folder, 'none.wav'), '--json'])
  t.is(status, 1)
  const second = recordsOf(stdout)
  t.deepEqual(kinds(second), ['start', 'skipped', 'skipped', 'failed', 'failed', 'done'])
  for (const record of second) {
    const fits = ['TagEvent', 'TagRecord'].some(type => faults(type, record).length === 0)
    t.true(fits, JSON.stringify(record))
  }
  t.like(second.at(-1), { files: 4, ok: 0, failed: 2, skipped: 2 })
})

test('experiment', async t => {
  const { folder, flags } = songs(t)
  const small = ['--only', 'rate=2000', '--epochs', '1', '--clip-seconds', '4', '--segments', '1']
  const out = join(folder, 'runs')
  const found = await records(t, ['ExperimentEvent'], ['experiment', 'downsampling', ...flags, ...small, '-o', out])
  t.deepEqual(kinds(found), ['start', 'epoch', 'checkpoint', 'row', 'claim', 'claim', 'claim', 'done'])
  const done = found.at(-1) as unknown as { table: unknown[]; file: string }
  t.is(done.table.length, 1)
  t.is(done.file, join(out, 'table.md'))
})

test('probe', async t => {
  const { folder, flags } = songs(t)
  const model = join(folder, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'], seed: 1 })).save(model)
  const small = ['--task', 'single-label', '--hidden', '4', '--epochs', '2', '--levels', '-2,-1']
  const found = await records(t, ['ProbeEvent'], ['probe', model, ...flags, ...small, '-o', join(folder, 'out')])
  t.deepEqual(kinds(found), ['start', 'epoch', 'epoch', 'trial', 'done'])
  t.like(found.at(-1), { type: 'done', result: join(folder, 'out', 'result.json'), clips: 4 })
})

test('demo', async t => {
  const out = join(emptyFolder(t), 'demo')
  const found = await records(t, ['DemoEvent'], ['demo', '--clips', '20', '--epochs', '1', '-o', out])
  t.deepEqual(kinds(found), ['start', 'epoch', 'checkpoint', 'result', 'done'])
  const { model, test: scores } = found.at(-1) as unknown as { model: string; test: { rocAuc: number } }
  t.true(model.startsWith(out))
  t.is(typeof scores.rocAuc, 'number')
})

test('visualize', async t => {
  const { folder, model, files } = await library(t, 1)
  const out = join(folder, 'figures')
  const words = ['visualize', 'timeline', model, '--file', files[0] ?? '', '-o', out]
  const found = await records(t, ['VisualizeEvent'], words)
  t.deepEqual(kinds(found), ['figure', 'done'])
  t.is(found.at(-1)?.['file'], join(out, 'timeline.json'))
})

test('inspect and doctor', async t => {
  const { model } = await library(t, 0)
  const found = await records(t, ['Inspection'], ['inspect', '3^9', 'mel:4,729,729', model])
  t.deepEqual(
    found.map(({ name }) => name),
    ['3^9', 'mel:4,729,729', model],
  )
  t.is((await records(t, ['Diagnosis'], ['doctor'])).length, 1)
})

test('a record with an extra field, a missing field or a wrong value is refused', t => {
  const result = { type: 'failed', file: '/a', error: { code: 'ERR_DECODE', message: 'no' } }
  t.deepEqual(faults('TagRecord', result), [])
  t.deepEqual(faults('TagRecord', { ...result, extra: 1 }), ['TagRecord.extra is not declared'])
  t.deepEqual(faults('TagRecord', { type: 'failed', file: '/a' }), ['TagRecord.error is missing'])
  t.deepEqual(faults('TagRecord', { ...result, error: { code: 'ERR_DECODE' } }), ['TagRecord.error.message is missing'])
  t.is(faults('TagRecord', { ...result, error: { code: 'ERR_ODD', message: '' } }).length, 1)
  t.is(faults('TagRecord', { ...result, file: 3 }).length, 1)
  t.is(faults('TagRecord', { ...result, type: 'done' }).length, 1)
})
