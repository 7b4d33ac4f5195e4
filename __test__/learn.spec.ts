import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { inspect, learn, Model, tag, type LearnEvent } from '../index.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, samplecnn } from './support/samplecnn.js'
import { tone, writeWave } from './support/wave.js'

/** A library in which low and high tones are in folders of their own; no artist is known. */
async function tones(folder: string): Promise<{ music: string; base: string; cache: string }> {
  const music = join(folder, 'music')
  for (const [name, from] of [
    ['low', 150],
    ['high', 1500],
  ] as const) {
    mkdirSync(join(music, name), { recursive: true })
    for (let index = 0; index < 12; index += 1) {
      writeWave(join(music, name, `${index}.wav`), tone(0.4, from * (1 + index / 20), 8000), 8000)
    }
  }
  const base = join(folder, 'base.safetensors')
  await using model = await Model.create({ architecture: '3^5@8000', tags: ['a', 'b'], seed: 1 })
  await model.save(base)
  return { music, base, cache: join(folder, 'cache') }
}

test('a library of folders becomes a model that tags new songs', async t => {
  const folder = emptyFolder(t)
  const { music, base, cache } = await tones(folder)
  const events: LearnEvent[] = []
  const out = join(folder, 'learnt')
  const done = await learn({
    library: [music],
    metadata: ['none'],
    folderLevels: [1],
    from: base,
    out,
    cache,
    bootstrap: 100,
    onEvent: event => events.push(event),
  })
  t.deepEqual([...done.tags], ['high', 'low'])
  t.true((done.rocAuc ?? 0) > 0.9)
  t.deepEqual(
    [...new Set(events.map(({ type }) => type).filter(type => type !== 'progress'))],
    ['library', 'warning', 'start', 'fold', 'tag', 'done'],
  )
  t.true(events.some(event => event.type === 'warning' && event.code === 'clips-without-group'))
  const song = writeWave(join(folder, 'new.wav'), tone(0.4, 180, 8000), 8000)
  for await (const result of tag([song], { model: done.model ?? '', top: 1 })) {
    t.like(result, { type: 'result', tags: [{ tag: 'low' }] })
  }
  t.regex(readFileSync(join(out, 'report.html'), 'utf8'), /Tags of the model/)
  t.true(existsSync(join(out, 'wrong-labels.csv')))
})

test('folders that exclude each other become a model that chooses one of them', async t => {
  const folder = emptyFolder(t)
  const { music, base, cache } = await tones(folder)
  const out = join(folder, 'learnt')
  const sources = { library: [music], metadata: ['none'], folderLevels: [1], from: base, out, cache, bootstrap: 100 }
  const done = await learn({ ...sources, task: 'single-label' })
  t.true((done.accuracy ?? 0) > 0.9)
  t.is((done.accuracyInterval ?? []).length, 2)
  t.deepEqual(
    (done.confusion ?? []).map(row => row.reduce((sum, songs) => sum + songs, 0)),
    [12, 12],
  )
  const song = writeWave(join(folder, 'new.wav'), tone(0.4, 180, 8000), 8000)
  for await (const result of tag([song], { model: done.model ?? '', all: true })) {
    t.is(result.type, 'result')
    if (result.type !== 'result') continue
    const scores = result.tags.map(({ score }) => score)
    t.true(Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5)
  }
  t.regex(readFileSync(join(out, 'report.html'), 'utf8'), /Confusion matrix/)
  await t.throwsAsync(learn({ ...sources, task: 'single' as never }), {
    code: 'ERR_INVALID_OPTION',
    message: /task must be one of "multi-label", "single-label", received 'single'/,
  })
})

test('the default model is the base if none is named', async t => {
  const folder = emptyFolder(t)
  const { music, cache } = await tones(folder)
  const sources = { library: [music], metadata: ['none'], folderLevels: [1] }
  const done = await learn({ ...sources, out: join(folder, 'learnt'), cache, bootstrap: 100 })
  t.like(inspect(done.model ?? ''), { samplingRate: inspect().samplingRate, inputLength: inspect().inputLength })
})

test('the command line shows what was found, learns, and says what is next', async t => {
  const folder = emptyFolder(t)
  const { music, base, cache } = await tones(folder)
  const sources = ['--metadata', 'none', '--folder-levels', '1']
  const dry = await samplecnn(['learn', music, ...sources, '--dry-run'])
  t.is(dry.status, 0, dry.stderr)
  t.regex(dry.stdout, /24 songs, 24 with tags/)
  t.regex(dry.stdout, /low +12/)
  t.regex(dry.stdout, /every song with tags has exactly one: .* --task single-label/)
  const out = join(folder, 'learnt')
  const flags = [
    ...sources,
    '--from',
    base,
    '-o',
    out,
    '--cache',
    cache,
    '--bootstrap',
    '100',
    '--threads',
    '1',
    '--folds',
    '3',
  ]
  const run = await samplecnn(['learn', music, ...flags])
  t.is(run.status, 0, run.stderr)
  t.regex(run.stdout, /24 songs, 2 tags: ROC-AUC/)
  t.regex(run.stdout, /next: samplecnn tag song\.mp3 -m .*model\.safetensors --calibrated/)
  const again = await samplecnn(['learn', music, ...flags, '--json'])
  t.is(again.status, 0, again.stderr)
  const records = recordsOf(again.stdout)
  t.like(
    records.find(({ type }) => type === 'start'),
    { cached: 24, songs: 24 },
  )
  t.like(records.at(-1), { type: 'done', model: join(out, 'model.safetensors'), withheld: 0, accuracy: null })
  const single = await samplecnn(['learn', music, ...flags, '--task', 'single-label'])
  t.is(single.status, 0, single.stderr)
  t.regex(single.stdout, /accuracy [01]\.\d+ \(\d.* to \d.*\): the share of songs/)
  t.regex(single.stderr, /part 1 of 3 .*accuracy/)
})

test('bad input is refused with a code and says what to do', async t => {
  const folder = emptyFolder(t)
  const { music, base, cache } = await tones(folder)
  const given = { library: [music], from: base, out: join(folder, 'learnt'), cache }
  // The tones have no metadata.
  await t.throwsAsync(learn(given), { code: 'ERR_DATASET' })
  await t.throwsAsync(learn({ ...given, library: [join(folder, 'none')] }), { code: 'ERR_FILE_NOT_FOUND' })
  await t.throwsAsync(learn({ ...given, depth: 'blocks' as never }), {
    code: 'ERR_INVALID_OPTION',
    message: /blocks:N/,
  })
  await t.throwsAsync(learn({ ...given, metadata: ['genres'] }), { code: 'ERR_INVALID_OPTION', message: /genres/ })
  const few = join(folder, 'few.csv')
  writeFileSync(few, `path,tags\n${music}/low/0.wav,low\n${music}/high/0.wav,high\n`)
  await t.throwsAsync(learn({ ...given, library: undefined, manifest: few }), {
    code: 'ERR_DATASET',
    message: /no tag can be learnt: .* at least 10 are needed/,
  })
})

test('a signal ends learning', async t => {
  const folder = emptyFolder(t)
  const { music, base, cache } = await tones(folder)
  const controller = new AbortController()
  const reason = new Error('enough')
  const learning = learn({
    library: [music],
    metadata: ['none'],
    folderLevels: [1],
    from: base,
    out: join(folder, 'learnt'),
    cache,
    signal: controller.signal,
    onEvent: event => {
      if (event.type === 'start') controller.abort(reason)
    },
  })
  await t.throwsAsync(learning, { is: reason })
  t.false(existsSync(join(folder, 'learnt', 'model.safetensors')))
})

test('the command line names each file that cannot be read once', async t => {
  const folder = emptyFolder(t)
  const { music, cache } = await tones(folder)
  const lost = join(music, 'low', 'lost.wav')
  symlinkSync(join(folder, 'elsewhere.wav'), lost)
  const { stdout } = await samplecnn(['learn', music, '--folder-levels', '1', '--dry-run', '--cache', cache])
  t.regex(stdout, /\n\n1 files could not be read:\n/)
  t.is(stdout.split(lost).length, 2, stdout)
})
