import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { Model } from '../index.js'
import { execute } from './support/child.js'
import { emptyFolder } from './support/folder.js'

const checkpoints = join(import.meta.dirname, '..', 'crates', 'import', 'tests', 'data')
const samplecnn = (...args: string[]) => execute(process.execPath, [join('dist', 'cli', 'main.js'), ...args])

test('a checkpoint becomes a model that records its source, and can be exported again', async t => {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  const imported = await samplecnn('import', join(checkpoints, 'minzwon.pth'), '--tag-order', 'msd', '-o', model)
  t.is(imported.status, 0, imported.stderr)
  t.regex(imported.stdout, /minzwon, PyTorch \(legacy\); 50 tags at 16000 Hz/)
  const read = await Model.load(model)
  t.is(read.tags[0], 'rock')
  t.is(read.licence, 'MIT')
  for (const [to, name] of [
    ['onnx', 'model.onnx'],
    ['pytorch', 'pytorch'],
  ] as const) {
    const exported = await samplecnn('export', model, '--to', to, '-o', join(folder, name), '--json')
    t.is(exported.status, 0, exported.stderr)
    const { type, files } = JSON.parse(exported.stdout) as { type: string; files: string[] }
    t.is(type, 'done')
    t.true(files.every(existsSync))
  }
  const back = await Model.import(join(folder, 'pytorch', 'weights.safetensors'))
  t.deepEqual(back.architecture, read.architecture)
  t.deepEqual(back.tags, read.tags)
})

test('a mismatch is named, and nothing is written', async t => {
  const folder = emptyFolder(t)
  const out = join(folder, 'model.safetensors')
  const wrong = await samplecnn('import', join(checkpoints, 'minzwon.pth'), '--as', 'panns', '-o', out, '--json')
  t.not(wrong.status, 0)
  const { type, error } = JSON.parse(wrong.stdout) as { type: string; error: { code: string; message: string } }
  t.deepEqual([type, error.code], ['error', 'ERR_CHECKPOINT_MISMATCH'])
  t.regex(error.message, /minzwon\.pth.*format minzwon, not those of panns/)

  const cut = join(folder, 'cut.pth')
  writeFileSync(cut, readFileSync(join(checkpoints, 'minzwon.pth')).subarray(0, 20_000))
  await t.throwsAsync(Model.import(cut), { code: 'ERR_MODEL_FORMAT', message: /cut\.pth/ })
  await t.throwsAsync(Model.import(join(checkpoints, 'minzwon.pth'), { tags: ['one'] }), {
    code: 'ERR_INVALID_OPTION',
    message: /1 tags were given for 50 outputs/,
  })
  t.false(existsSync(out))
})
