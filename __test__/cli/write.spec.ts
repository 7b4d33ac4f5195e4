import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { Model } from '../../index.js'
import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

/** Runs `words`, which must be refused with ERR_OUTPUT and leave `file` as it is. */
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

test('a picture replaces a picture, files of others with --force, what it is drawn from never', async t => {
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
  for (const force of [[], ['--force']]) {
    await refused(t, ['inspect', net, '--svg', net, ...force], /the input itself/, net)
  }
  await refused(t, [...words, folder], /a folder/)
  await refused(t, [...words, join(folder, 'no', 'a.svg')], /cannot write/)
  t.deepEqual(readdirSync(folder).sort(), ['a.svg', 'net.json', 'notes.svg'])
})

test('a model is never written over itself, and files of others stay without --force', async t => {
  const { folder, model } = await library(t, 0)
  const own = join(folder, 'own')
  mkdirSync(own)
  const [script, weights, onnx] = [join(own, 'model.py'), join(own, 'weights.safetensors'), join(folder, 'm.onnx')]
  for (const force of [[], ['--force']]) {
    await refused(t, ['export', model, '-o', model, ...force], /the input itself/, model)
    await refused(t, ['import', model, '-o', model, ...force], /the input itself/, model)
  }
  await refused(t, ['export', model, '-o', join(folder, 'sub', 'm.onnx')], /cannot write/)
  await done(t, ['export', model, '-o', onnx])
  await done(t, ['export', model, '-o', onnx])
  await refused(t, ['import', model, '-o', onnx], /not a model file/, onnx)

  writeFileSync(script, 'print("mine")\n')
  await refused(t, ['export', model, '--to', 'pytorch', '-o', own], /model\.py/, script)
  t.deepEqual(readdirSync(own), ['model.py'])
  rmSync(script)
  copyFileSync(model, weights)
  await refused(t, ['export', model, '--to', 'pytorch', '-o', own], /weights\.safetensors/, weights)
  await done(t, ['export', model, '--to', 'pytorch', '-o', own, '--force'])
  await done(t, ['export', model, '--to', 'pytorch', '-o', own])
  await refused(t, ['export', weights, '--to', 'pytorch', '-o', own, '--force'], /the input itself/, weights)
})

test('saving over its own file changes nothing, over a file of others needs force', async t => {
  const { folder, model } = await library(t, 0)
  const before = readFileSync(model)
  await using read = await Model.load(model)
  await read.save(model)
  t.deepEqual(readFileSync(model), before)
  const diary = join(folder, 'diary.txt')
  writeFileSync(diary, 'dear diary')
  await t.throwsAsync(read.save(diary), { code: 'ERR_OUTPUT', message: /diary\.txt is there already/ })
  await t.throwsAsync(read.export(diary), { code: 'ERR_OUTPUT', message: /diary\.txt is there already/ })
  await t.throwsAsync(read.export(model, { force: true }), { code: 'ERR_OUTPUT', message: /the input itself/ })
  await read.save(diary, { force: true })
  t.deepEqual(readFileSync(diary), before)
  await using imported = await Model.import(model)
  await t.throwsAsync(imported.save(model, { force: true }), { code: 'ERR_OUTPUT', message: /the input itself/ })
})

test('devices and pipes are no outputs, also behind links', async t => {
  if (process.platform === 'win32') return t.pass('there are none')
  const { folder, model } = await library(t, 0)
  const pipe = join(folder, 'pipe')
  const link = join(folder, 'link.onnx')
  execFileSync('mkfifo', [pipe])
  symlinkSync('/dev/full', link)
  for (const path of [pipe, link, '/dev/full']) {
    await refused(t, ['export', model, '-o', path, '--force'], /a (named pipe|device)/)
    await refused(t, ['import', model, '-o', path, '--force'], /a (named pipe|device)/)
    await refused(t, ['inspect', '3^4@8000', '--svg', path, '--force'], /a (named pipe|device)/)
  }
})

test('an evaluation and a training leave files of others alone', async t => {
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
  for (const more of [[], ['--resume'], ['--force']]) await refused(t, [...train, ...more], /report\.md/, report)
  writeFileSync(config, '{"port": 8080}')
  for (const more of [[], ['--resume'], ['--force']]) await refused(t, [...train, ...more], /config\.json/, config)
  t.deepEqual(readdirSync(out).sort(), ['config.json', 'predictions.csv', 'report.md'])
})
