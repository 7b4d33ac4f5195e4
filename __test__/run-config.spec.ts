import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { train } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { samplecnn } from './support/samplecnn.js'

/** The tensors of a model file, without its header, which names the run. */
function tensors(file: string): Buffer {
  const bytes = readFileSync(file)
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()))
}

test('config.json alone repeats a run, bit for bit', async t => {
  const folder = emptyFolder(t)
  const first = await train({
    dataset: dataset(folder),
    architecture: '3^4@8000',
    out: join(folder, 'run'),
    cache: join(folder, 'cache'),
    segments: 4,
    batchSize: 16,
    epochs: 2,
    seed: 7,
    learningRates: [0.02],
    device: 'cpu',
    threads: 2,
  })
  const config = join(folder, 'saved.json')
  copyFileSync(join(first.run, 'config.json'), config)
  const again = await train({ config, out: join(folder, 'again') })
  t.deepEqual(tensors(again.best), tensors(first.best))
  t.deepEqual(again.test, first.test)

  // An option that is given as well replaces that of the run.
  const { status, stderr } = await samplecnn(['train', '--config', config, '-o', join(folder, 'seed'), '--seed', '8'])
  t.is(status, 0, stderr)
  t.notDeepEqual(tensors(join(folder, 'seed', 'best.safetensors')), tensors(first.best))

  // Other data are refused.
  const { path } = JSON.parse(readFileSync(config, 'utf8')).options.dataset as { path: string }
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n')
  writeFileSync(path, `${rows.slice(0, -1).join('\n')}\n`)
  await t.throwsAsync(train({ config, out: join(folder, 'other') }), { code: 'ERR_DATASET', message: /checksum/ })
})

test('a file that is not the configuration of a run is refused', async t => {
  const folder = emptyFolder(t)
  const file = join(folder, 'config.json')
  const out = join(folder, 'run')
  await t.throwsAsync(train({ config: file, out }), { code: 'ERR_FILE_NOT_FOUND' })
  for (const [text, code] of [
    ['not JSON', 'ERR_INVALID_OPTION'],
    ['{}', 'ERR_INVALID_OPTION'],
    ['[]', 'ERR_INVALID_OPTION'],
    ['{"format": 2, "options": {}}', 'ERR_MODEL_VERSION'],
  ] as const) {
    writeFileSync(file, text)
    await t.throwsAsync(train({ config: file, out }), { code }, text)
  }
})
