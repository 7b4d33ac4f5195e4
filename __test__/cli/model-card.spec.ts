import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { cardPage } from '../../cli/model-card/page.js'
import { inspect } from '../../index.js'
import { emptyFolder } from '../support/folder.js'
import { released, withThresholds } from '../support/released.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'
import { tone, writeWave } from '../support/wave.js'

test('inspect --card prints the card as a README', async t => {
  const file = await released(emptyFolder(t), [0, 0, 0])
  const { status, stdout } = await samplecnn(['inspect', file, '--card'])
  t.is(status, 0)
  for (const line of [
    '# small 1.2.0',
    'Tells loud music from quiet music.',
    '- It does not hear words.',
    '- choir: 9 clips, fewer than 15',
    'Measured on the test part of tones (120 clips; mean over the tags: ROC-AUC 0.810 (0.750 to 0.860)). Intervals are of 95 %.',
    '| tag | clips with it | ROC-AUC |',
    '| loud | 40 | 0.900 (0.850 to 0.940) |',
    '| fast | 12 | 0.720 |',
    '- tones, licence CC0-1.0, 1,200 clips, <https://example.org/tones>. Made here.',
    '- an ear, licence ISC',
    '- its training data, licence CC-BY-NC-SA-3.0',
    'CC-BY-SA-4.0. Attribution: <https://example.org/attribution>.',
    `SHA-256 of the model file: \`${inspect(file).sha256}\``,
  ]) {
    t.true(stdout.split('\n').includes(line), line)
  }
  const [record] = recordsOf((await samplecnn(['inspect', file, '--card', '--json'])).stdout)
  t.deepEqual(record, { ...inspect(file) })
})

test('a model without a card has no README', async t => {
  const folder = emptyFolder(t)
  const { status, stderr } = await samplecnn(['inspect', await withThresholds(folder, [0, 0, 0]), '--card'])
  t.is(status, 2)
  t.regex(stderr, /has no card: write one .*--card FILE\.json/)
})

test('text of a card is shown as text in Markdown', t => {
  const inspection = { ...inspect('3^4'), tags: ['a|b'], card: { name: '<b>*x*', limits: ['# [y](z)'] } }
  const page = cardPage(inspection)
  t.is(page[0], String.raw`# &lt;b&gt;\*x\*`)
  t.true(page.includes(String.raw`- \# \[y\](z)`))
  t.true(page.some(line => line.includes(String.raw`1 tags: a\|b.`)))
})

test('inspect shows the card, the licence, the hash and the number type of the weights', async t => {
  const file = await released(emptyFolder(t), [0, 0, 0])
  const { stdout } = await samplecnn(['inspect', file])
  for (const line of [
    'weights: 16 bits (F16), computed as 32',
    'licence: CC-BY-SA-4.0',
    `sha256: ${inspect(file).sha256}`,
    'card: small 1.2.0',
    '  data: tones (CC0-1.0)',
    '  teacher: an ear (ISC)',
    '  measured on the test part of tones: ROC-AUC 0.810 (0.750 to 0.860)',
    '  left out: choir',
    '  limit: It does not hear words.',
  ]) {
    t.true(stdout.split('\n').includes(line), line)
  }
})

test('a model that abstains says so in words, and tables stay complete', async t => {
  const folder = emptyFolder(t)
  const wave = writeWave(join(folder, 'a.wav'), tone(1, 440, 8000), 8000)
  const model = await released(folder, [1, 1, null])
  const { status, stdout } = await samplecnn(['tag', wave, '-m', model])
  t.is(status, 0)
  t.regex(stdout, /no tag reaches its threshold: the model says nothing about this file/)
  const records = recordsOf((await samplecnn(['tag', wave, '-m', model, '--json'])).stdout)
  const result = records.find(record => record.type === 'result')
  t.like(result, { tags: [], abstained: true })
  const table = join(folder, 'tags.csv')
  t.is((await samplecnn(['tag', wave, '-m', model, '-o', table])).status, 0)
  const [head = [], row = []] = readFileSync(table, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(','))
  t.is(row.length, head.length)
  t.is(row[head.indexOf('tags')], '')
  t.not(row[head.indexOf('score:loud')], '')
  const again = await samplecnn(['tag', wave, '-m', model, '-o', table])
  t.is(again.status, 0)
  const other = await samplecnn(['tag', wave, '-m', model, '-o', table, '--top', '2'])
  t.is(other.status, 1)
  t.regex(other.stderr, /another choice of thresholds/)
})
