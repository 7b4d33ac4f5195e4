import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { listCache, prepare, pruneCache, type PruneCacheEvent } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, samplecnn } from './support/samplecnn.js'

test('another manifest with the same files decodes nothing', async t => {
  const folder = emptyFolder(t)
  const cache = join(folder, 'cache')
  const first = await prepare({ dataset: dataset(folder), architecture: '3^4@8000', cache })
  t.is(first.decoded, 16)
  copyFileSync(join(folder, 'clips/low-0.wav'), join(folder, 'renamed.wav'))
  const other = join(folder, 'other.csv')
  writeFileSync(other, 'path,tags,split\nrenamed.wav,a,train\nclips/low-1.wav,b,valid\n')
  const second = await prepare({ dataset: { kind: 'manifest', path: other }, architecture: '3^4@8000', cache })
  t.like(second, { decoded: 0, usable: 2, cache: first.cache })
  t.not(second.report, first.report)
})

test('the cache is listed and freed', async t => {
  const folder = emptyFolder(t)
  const cache = join(folder, 'cache')
  t.like(await listCache({ cache }), { type: 'done', clips: 0, bytes: 0, rates: [], older: [] })
  await prepare({ dataset: dataset(folder), architecture: '3^4@8000', cache })
  const listed = await listCache({ cache })
  t.like(listed.rates[0], { samplingRate: 8000, clips: 16, failed: 0, damaged: 0, unused: 0 })
  t.true(listed.bytes > 16 * 1000 && listed.rates[0]!.duration > 1)

  rmSync(join(folder, 'clips/low-0.wav'))
  const dry = await pruneCache({ cache, unused: true, dryRun: true })
  t.like(dry, { dryRun: true, removed: 1, kept: 15 })
  t.is((await listCache({ cache })).clips, 16)
  const heard: PruneCacheEvent[] = []
  const done = await pruneCache({ cache, unused: true, damaged: true, onEvent: event => heard.push(event) })
  t.like(done, { dryRun: false, removed: 1, freed: dry.freed, kept: 15, damaged: 0, inUse: 0 })
  t.deepEqual(heard.at(-1), done)
  t.is(heard[0]?.type, 'progress')
  t.is((await pruneCache({ cache, maxSize: 0 })).kept, 0)
  await t.throwsAsync(pruneCache({ cache, maxSize: -1 }), { message: /maxSize must be a number from 0/ })
})

test('samplecnn cache list and prune', async t => {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  const flags = ['--cache', join(folder, 'cache')]
  t.is((await samplecnn(['prepare', '--manifest', path, '-a', '3^4@8000', ...flags])).status, 0)
  const older = join(folder, 'cache/prepared-1/manifest-0123456789ab-8000hz')
  mkdirSync(older, { recursive: true })
  writeFileSync(join(older, 'pcm.i16'), Buffer.alloc(3_000_000))
  const listed = await samplecnn(['cache', 'list', ...flags])
  t.is(listed.status, 0, listed.stderr)
  t.regex(listed.stdout, /^16 clips, 1\.\d MB$/m)
  t.regex(listed.stdout, /^ +8000 +16 .* 0 +0 +0 +0\.0$/m)
  t.regex(listed.stdout, /^earlier version: .*prepared-1.* 3\.0 MB, is no longer used/m)
  const told = await samplecnn(['prepare', '--manifest', path, '-a', '3^4@8000', ...flags, '--json'])
  t.true(recordsOf(told.stdout).some(({ code }) => code === 'old-cache'))

  const dry = await samplecnn(['cache', 'prune', '--older-than', '0', '--dry-run', ...flags])
  t.regex(dry.stdout, /^4\.\d MB would be freed: 16 copies would be removed$/m)
  const pruned = await samplecnn(['cache', 'prune', '--older-than', '0', ...flags, '--json'])
  t.is(pruned.status, 0, pruned.stderr)
  t.like(recordsOf(pruned.stdout).at(-1), { type: 'done', removed: 16, kept: 0, older: [{ bytes: 3_000_000 }] })
  const empty = await samplecnn(['cache', 'list', ...flags, '--json'])
  t.like(recordsOf(empty.stdout).at(-1), { type: 'done', clips: 0, bytes: 0, older: [] })
})

test('an action that does not exist, and options of the other action, are refused', async t => {
  for (const words of [[], ['show'], ['list', '--unused'], ['list', '--max-size', '1'], ['prune', '--max-size', 'x']]) {
    const { status, stderr } = await samplecnn(['cache', ...words])
    t.is(status, 2, `${words.join(' ')}: ${stderr}`)
  }
})
