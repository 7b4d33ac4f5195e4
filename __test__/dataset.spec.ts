import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { checkDataset, type CheckDatasetEvent, crossValidate, type CrossValidationEvent, Model } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, samplecnn } from './support/samplecnn.js'
import { tone, writeWave } from './support/wave.js'

/** Twelve tones in three folds, in the layout of ESC-50. */
function esc50(t: ExecutionContext): string {
  const root = emptyFolder(t)
  mkdirSync(join(root, 'meta'))
  mkdirSync(join(root, 'audio'))
  const rows = Array.from({ length: 12 }, (_, i) => {
    writeWave(join(root, 'audio', `${i}.wav`), tone(0.25, 200 + 100 * i, 8000), 8000)
    return `${i}.wav,${(i % 3) + 1},${i % 2},${i % 2 === 0 ? 'low' : 'high'},True,${i},A`
  })
  writeFileSync(
    join(root, 'meta', 'esc50.csv'),
    ['filename,fold,target,category,esc10,src_file,take', ...rows, ''].join('\n'),
  )
  return root
}

test('a check reports the dataset, its findings and their number', async t => {
  const root = esc50(t)
  rmSync(join(root, 'audio', '0.wav'))
  const events: CheckDatasetEvent[] = []
  const done = await checkDataset({
    dataset: { kind: 'esc50', root, fold: 2 },
    samplingRate: 8000,
    cache: join(root, 'cache'),
    onEvent: event => events.push(event),
  })
  const facts = events.find(event => event.type === 'dataset')
  t.deepEqual([facts?.missing, facts?.broken, facts?.folds], [1, 0, [1, 2, 3]])
  t.deepEqual(facts?.parts, { train: 3, valid: 4, test: 4 })
  const findings = events.filter(event => event.type === 'finding')
  t.true(findings.some(({ kind, clips }) => kind === 'missing-files' && clips[0] === 'audio/0.wav'))
  t.true(findings.some(({ kind }) => kind === 'not-comparable'))
  t.is(done.errors, findings.filter(({ severity }) => severity === 'error').length)
  t.is(events.at(-1)?.type, 'done')
})

test('a check with a model finds copies in another part and doubtful labels', async t => {
  const folder = emptyFolder(t)
  const file = join(folder, 'model.safetensors')
  const block = { kind: 'basic', kernel: 3, pool: 3, channels: 16 } as const
  const architecture = {
    samplingRate: 8000,
    inputLength: 729,
    stem: { kernel: 3, stride: 3, channels: 16 },
    blocks: [block, block, block, block, block],
    head: { kind: 'conv', channels: 24 },
  } as const
  const model = await Model.create({ architecture, tags: ['x'], seed: 3, initialisation: 'he' })
  await model.save(file)
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [class_, take] = [i % 2, Math.floor(i / 2)]
    const samples = tone(0.5, [300, 1800][class_]! * (1 + take / 60), 8000)
    const noise = samples.map((value, at) => value + 0.01 * Math.sin(at * at * (0.1 + 0.013 * i)))
    writeWave(join(folder, `${i}.wav`), noise, 8000)
    // Clip 8 has the label of the other class.
    return `${i}.wav,${(class_ === 0) === (i !== 8) ? 'low' : 'high'},${['train', 'train', 'valid', 'test'][take % 4]}`
  })
  // The last clip again, a little quieter.
  const last = tone(0.5, 1800 * (1 + 29 / 60), 8000)
  const copy = last.map((value, at) => 0.998 * (value + 0.01 * Math.sin(at * at * (0.1 + 0.013 * 59))))
  writeWave(join(folder, 'copy.wav'), copy, 8000)
  const list = join(folder, 'list.csv')
  writeFileSync(list, ['path,tags,split', ...rows, 'copy.wav,high,test', ''].join('\n'))
  const options = [
    `--manifest=${list}`,
    '--task=single-label',
    '--sampling-rate=8000',
    `--cache=${join(folder, 'cache')}`,
  ]
  const { status, stdout } = await samplecnn(['dataset', 'check', ...options, '-m', file, '--device=cpu', '--json'])
  t.is(status, 0)
  const findings = (recordsOf(stdout) as unknown as CheckDatasetEvent[]).filter(record => record.type === 'finding')
  const copies = findings.find(({ kind }) => kind === 'near-duplicates-in-two-parts')
  t.true(copies?.clips.includes('copy.wav') && copies.clips.includes('59.wav'))
  const labels = findings.find(({ kind }) => kind === 'likely-wrong-labels')?.labels ?? []
  t.like(labels[0], { clip: '8.wav', tag: 'high', given: true, instead: 'low' })
  const text = await samplecnn(['dataset', 'check', ...options, '-m', file, '--device=cpu'])
  t.regex(text.stdout, /8\.wav: is high, sounds like low \(probability of high 0\.\d\d\)/)
  // The types refuse this already.
  const both = { dataset: { kind: 'manifest', path: list }, model: file, quick: true } as never
  await t.throwsAsync(checkDataset(both), { code: 'ERR_INVALID_OPTION' })
})

test('a cross-validation trains every fold', async t => {
  const root = esc50(t)
  const events: CrossValidationEvent[] = []
  const done = await crossValidate({
    dataset: { kind: 'esc50', root },
    out: join(root, 'runs'),
    architecture: '3^5@8000',
    epochs: 1,
    learningRates: [0.01],
    batchSize: 4,
    device: 'cpu',
    threads: 1,
    cache: join(root, 'cache'),
    onEvent: event => events.push(event),
  })
  t.deepEqual(
    done.folds.map(({ fold }) => fold),
    [1, 2, 3],
  )
  t.is(typeof done.mean.accuracy, 'number')
  t.is(events.filter(event => event.type === 'fold').length, 3)
})

test('a cross-validation has the values of its protocol and of its optimiser', async t => {
  const root = esc50(t)
  const configOf = async (more: object): Promise<Record<string, unknown>> => {
    const done = await crossValidate({
      dataset: { kind: 'esc50', root },
      out: emptyFolder(t),
      architecture: '3^5@8000',
      epochs: 1,
      batchSize: 4,
      device: 'cpu',
      threads: 1,
      cache: join(root, 'cache'),
      ...more,
    })
    const config = readFileSync(join(done.folds[0]?.run ?? '', 'config.json'), 'utf8')
    return (JSON.parse(config) as { options: Record<string, unknown> }).options
  }
  t.like(await configOf({ optimiser: 'adam' }), { protocol: 'kaist-2018', learningRates: { 0: 0.001 } })
  t.like(await configOf({ protocol: 'resemul' }), { protocol: 'resemul', initialisation: 'keras-2.0.5' })
})

test('a wrong fold and a wrong selection are refused', async t => {
  const root = esc50(t)
  const check = async (more: object): Promise<unknown> =>
    await checkDataset({ dataset: { kind: 'esc50', root, ...more }, quick: true })
  await t.throwsAsync(check({ fold: 9 }), { code: 'ERR_DATASET', message: /fold 9 is empty: its folds are 1, 2, 3/ })
  await t.throwsAsync(check({ topTags: 0 }), { code: 'ERR_INVALID_OPTION' })
  await t.throwsAsync(check({ mergeTags: ['low'] }), { code: 'ERR_INVALID_OPTION', message: /at least two tags/ })
  await t.throwsAsync(check({ lists: 'x' }), { code: 'ERR_INVALID_OPTION' })
})

test('the command prints the same records, and errors set the exit status', async t => {
  const root = esc50(t)
  const words = ['dataset', 'check', '--dataset', 'esc50', '--root', root, '--quick']
  const text = await samplecnn(words)
  t.is(text.status, 0, text.stderr)
  t.regex(text.stdout, /esc50; fold 1 of 3, validation on fold 2, single-label\n4 \/ 4 \/ 4 usable clips/)
  rmSync(join(root, 'audio', '3.wav'))
  const json = await samplecnn([...words, '--fold', '3', '--top-tags', '1', '--json'])
  t.is(json.status, 1)
  const records = recordsOf(json.stdout)
  t.deepEqual([records[0]?.type, records.at(-1)?.type], ['dataset', 'done'])
  t.true(records.some(({ type, kind }) => type === 'finding' && kind === 'missing-files'))
  const wrong = await samplecnn(['dataset', 'chekc', ...words.slice(2)])
  t.is(wrong.status, 2)
  t.regex(wrong.stderr, /the only action is check, received "chekc"/)
})

test('merge rules can be repeated', async t => {
  const root = esc50(t)
  const rules = ['--merge-tags', 'low = deep', '--merge-tags', 'high = bright']
  const json = await samplecnn([
    'dataset',
    'check',
    '--dataset',
    'esc50',
    '--root',
    root,
    '--quick',
    '--json',
    ...rules,
  ])
  const unknown = recordsOf(json.stdout).find(({ kind }) => kind === 'unknown-tags')
  t.is(unknown?.['count'], 2, json.stderr)
})
