import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { stubHub } from '../support/hub.js'
import { library } from '../support/library.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

test('-m takes a model of the hub; the download is shown on stderr, and is a record of --json', async t => {
  const { folder, files, model } = await library(t, 1)
  const hub = await stubHub(t, { 'model.safetensors': readFileSync(model) })
  const tagging = ['tag', ...files, '-m']
  const words = [...tagging, 'hf:user/repo']
  const first = await samplecnn(words, folder, hub.env)
  t.is(first.status, 0, first.stderr)
  t.regex(first.stderr, /downloaded hf:user\/repo: \d+ kB in \d+\.\d s/)
  t.is(first.stdout, (await samplecnn([...tagging, model], folder, hub.env)).stdout)

  rmSync(hub.settings.cache, { recursive: true })
  const { stdout } = await samplecnn([...words, '--json'], folder, hub.env)
  const [download, ...others] = recordsOf(stdout)
  t.like(download, { type: 'download', model: 'hf:user/repo' })
  t.true(others.some(({ type }) => type === 'start'))

  await hub.stop()
  const offline = await samplecnn(words, folder, hub.env)
  t.is(offline.status, 0, offline.stderr)
  t.regex(offline.stderr, /warning: the file of the last download is used, .*cannot reach the model hub/)
  t.is(offline.stdout, first.stdout)
})

test('inspect and export take a model of the hub as their argument', async t => {
  const { folder, model } = await library(t, 1)
  const hub = await stubHub(t, { 'net.safetensors': readFileSync(model) })
  const inspected = await samplecnn(['inspect', 'hf:user/repo/net.safetensors', '--json'], folder, hub.env)
  t.is(inspected.status, 0, inspected.stderr)
  t.like(recordsOf(inspected.stdout)[0], { type: 'architecture', tags: ['a', 'b', 'c', 'd', 'e', 'f'] })
  const onnx = join(folder, 'net.onnx')
  const exported = await samplecnn(['export', 'hf:user/repo/net.safetensors', '-o', onnx], folder, hub.env)
  t.is(exported.status, 0, exported.stderr)
})

test('a model that cannot be had ends the command with its code and its status', async t => {
  const { folder, files } = await library(t, 1)
  const hub = await stubHub(t, {})
  const failed = async (
    model: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<readonly [status: number | null, code: unknown]> => {
    const { status, stdout } = await samplecnn(['tag', ...files, '-m', model, '--json'], folder, { ...hub.env, ...env })
    return [status, (recordsOf(stdout).at(-1)?.['error'] as { code: unknown } | undefined)?.code]
  }
  t.deepEqual(await failed('hf:user/repo'), [3, 'ERR_MODEL_NOT_FOUND'])
  t.deepEqual(await failed('hf:user/repo', { HF_HUB_OFFLINE: '1' }), [3, 'ERR_MODEL_NOT_FOUND'])
  t.deepEqual(await failed('samplecnn-no-such-model'), [3, 'ERR_MODEL_NOT_FOUND'])
  t.deepEqual(await failed('hf:user'), [2, 'ERR_INVALID_OPTION'])
  t.deepEqual(await failed('hf:user/repo', { HF_ENDPOINT: 'nowhere' }), [2, 'ERR_INVALID_OPTION'])
  hub.refusal = [403, 'GatedRepo']
  t.deepEqual(await failed('hf:user/repo'), [3, 'ERR_MODEL_ACCESS'])
  await hub.stop()
  t.deepEqual(await failed('hf:user/repo'), [4, 'ERR_NETWORK'])
})

test('the help names the default model', async t => {
  const { stdout } = await samplecnn(['tag', '--help'])
  t.regex(stdout.replaceAll(/\s+/g, ' '), /-m, --model NAME the model: a file, .* \(default: samplecnn-model\)/)
})
