import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { draw, Model } from '../../index.js'
import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

/** Runs `words`, which must be refused with ERR_OUTPUT and leave `file` unchanged. */
async function refused(t: ExecutionContext, words: readonly string[], message: RegExp, file?: string): Promise<void> {
  const before = file === undefined ? undefined : readFileSync(file)
  const { status, stdout, stderr } = await samplecnn([...words, '--json'])
  const said = `${words.join(' ')}: ${stdout}${stderr}`
  t.is(status, 1, said)
  t.like(recordsOf(stdout).at(-1), { type: 'error', error: { code: 'ERR_OUTPUT' } }, said)
  t.regex(stderr, message, said)
  if (file !== undefined) t.deepEqual(readFileSync(file), before, said)
}

async function done(t: ExecutionContext, words: readonly string[]): Promise<void> {
  const { status, stderr } = await samplecnn(words)
  t.is(status, 0, `${words.join(' ')}: ${stderr}`)
}

test('a picture replaces a picture, other files only with --force, and its source never', async t => {
  const folder = emptyFolder(t)
  const [picture, notes, net] = ['a.svg', 'notes.svg', 'net.json'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const words = ['inspect', '3^4@8000', '--svg']
  await done(t, [...words, picture])
  await done(t, [...words, picture])
  t.regex(readFileSync(picture, 'utf8'), /^<svg [^]*<\/svg>\n<!-- drawn by samplecnn -->\n$/)
  writeFileSync(notes, '<svg xmlns="http://www.w3.org/2000/svg">by hand</svg>')
  await refused(t, [...words, notes], /--force/, notes)
  await done(t, [...words, notes, '--force'])
  const { architecture } = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  writeFileSync(net, JSON.stringify(architecture))
  await refused(t, ['inspect', net, '--svg', net, '--force'], /the input itself/, net)
  for (const [path, message] of [
    [folder, /it is a folder/],
    [join(folder, 'no', 'a.svg'), /cannot write/],
  ] as const) {
    t.throws(() => draw('3^4@8000', { out: path }), { code: 'ERR_OUTPUT', message })
  }
  t.deepEqual(readdirSync(folder).sort(), ['a.svg', 'net.json', 'notes.svg'])
})

test('a model never replaces its source, and replaces other files only with --force', async t => {
  const { folder, model } = await library(t, 0)
  const own = join(folder, 'own')
  mkdirSync(own)
  const script = join(own, 'model.py')
  writeFileSync(script, 'print("mine")\n')
  await refused(t, ['export', model, '-o', model, '--force'], /the input itself/, model)
  await refused(t, ['import', model, '-o', model, '--force'], /the input itself/, model)
  await refused(t, ['import', model, '-o', script], /not a model file/, script)
  await refused(t, ['export', model, '--to', 'pytorch', '-o', own], /model\.py/, script)
  t.deepEqual(readdirSync(own), ['model.py'])
  await done(t, ['export', model, '--to', 'pytorch', '-o', own, '--force'])
})

test('an export replaces an export of its kind', async t => {
  const { folder, model } = await library(t, 0)
  const own = join(folder, 'own')
  const weights = join(own, 'weights.safetensors')
  const onnx = join(folder, 'm.onnx')
  await using read = await Model.load(model)
  for (const time of ['first', 'second']) {
    t.deepEqual(await read.export(onnx), [onnx], time)
    t.is((await read.export(own, { to: 'pytorch' })).length, 2, time)
  }
  await t.throwsAsync(read.save(onnx), { code: 'ERR_OUTPUT', message: /not a model file/ })
  await t.throwsAsync(read.export(join(folder, 'no', 'm.onnx')), { code: 'ERR_OUTPUT' })
  // A model that only has the same name as the weights of an export is not an export.
  rmSync(join(own, 'model.py'))
  copyFileSync(model, weights)
  await t.throwsAsync(read.export(own, { to: 'pytorch' }), { code: 'ERR_OUTPUT', message: /weights\.safetensors/ })
  await using beside = await Model.load(weights)
  const options = { to: 'pytorch', force: true } as const
  await t.throwsAsync(beside.export(own, options), { code: 'ERR_OUTPUT', message: /the input itself/ })
  t.deepEqual(readdirSync(own), ['weights.safetensors'])
})

test('saving to its own file changes nothing, saving to a file of another program needs force', async t => {
  const { folder, model } = await library(t, 0)
  const before = readFileSync(model)
  await using read = await Model.load(model)
  await read.save(model)
  t.deepEqual(readFileSync(model), before)
  const diary = join(folder, 'diary.txt')
  writeFileSync(diary, 'dear diary')
  await t.throwsAsync(read.save(diary), { code: 'ERR_OUTPUT', message: /diary\.txt already exists/ })
  await t.throwsAsync(read.export(diary), { code: 'ERR_OUTPUT', message: /diary\.txt already exists/ })
  await t.throwsAsync(read.export(model, { force: true }), { code: 'ERR_OUTPUT', message: /the input itself/ })
  await read.save(diary, { force: true })
  t.deepEqual(readFileSync(diary), before)
  await using imported = await Model.import(model)
  await t.throwsAsync(imported.save(model, { force: true }), { code: 'ERR_OUTPUT', message: /the input itself/ })
})

test('devices and pipes are refused as outputs, also behind links', async t => {
  if (process.platform === 'win32') return t.pass('there are none')
  const { folder, model } = await library(t, 0)
  const pipe = join(folder, 'pipe')
  const link = join(folder, 'link.onnx')
  execFileSync('mkfifo', [pipe])
  symlinkSync('/dev/full', link)
  await using read = await Model.load(model)
  for (const path of [pipe, link, '/dev/full']) {
    const refusal = { code: 'ERR_OUTPUT', message: /it is a (named pipe|device)/ }
    await t.throwsAsync(read.export(path, { force: true }), refusal)
    await t.throwsAsync(read.save(path, { force: true }), refusal)
    t.throws(() => draw('3^4@8000', { out: path, force: true }), refusal)
  }
})

test('an evaluation and a training do not replace files of other programs', async t => {
  const { folder, model } = await library(t, 0)
  const { path } = dataset(folder) as { readonly path: string }
  const data = ['--manifest', path, '--cache', join(folder, 'cache')]
  const out = join(folder, 'out')
  mkdirSync(out)
  const [predictions, report, config] = ['predictions.csv', 'report.md', 'config.json'].map(name =>
    join(out, name),
  ) as [string, string, string]
  writeFileSync(predictions, 'mine')
  await refused(t, ['evaluate', model, ...data, '-o', out], /predictions\.csv/, predictions)
  const train = ['train', ...data, '-a', '3^4@8000', '--epochs', '1', '--segments', '2', '-o', out]
  writeFileSync(report, '# Mine')
  await refused(t, [...train, '--force'], /report\.md/, report)
  writeFileSync(config, '{"port": 8080}')
  for (const more of ['--resume', '--force']) await refused(t, [...train, more], /config\.json/, config)
  t.deepEqual(readdirSync(out).sort(), ['config.json', 'predictions.csv', 'report.md'])
})
