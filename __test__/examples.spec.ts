import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { root } from '../scripts/paths.mjs'
import { execute } from './support/child.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'

const loader = ['--import=@oxc-node/core/register']
const example = (name: string): string => join(root, 'examples', `${name}.ts`)

test('the examples do what they say', async t => {
  t.timeout(240_000)
  const folder = emptyFolder(t)
  const data = dataset(folder)
  const manifest = 'path' in data ? String(data.path) : ''
  const clip = join(folder, 'clips', 'low-0.wav')
  const run = async (name: string, ...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await execute(process.execPath, [...loader, example(name), ...args], {
      seconds: 120,
      env: { XDG_CACHE_HOME: join(folder, 'cache') },
    })
    t.is(status, 0, `${name}\n${stdout}\n${stderr}`)
    return stdout
  }

  const untrained = join(folder, 'untrained.safetensors')
  t.regex(await run('custom-architecture', untrained), /blocks\.3.*\n[\s\S]*\d+ parameters/)
  t.true(existsSync(untrained))

  const out = join(folder, 'run')
  const trained = await run('train-with-progress', manifest, out)
  t.regex(trained, /epoch 3: validation loss \d/)
  const model = join(out, 'best.safetensors')
  t.true(trained.includes(model))

  t.regex(await run('evaluate', model, manifest), /4 clips, macro ROC-AUC \d[\s\S]*low: \d/)
  const tagged = await run('tag-a-folder', model, join(folder, 'clips'))
  t.is(tagged.trim().split('\n').length, 16)

  const similar = (await run('similar-songs', model, join(folder, 'clips'), clip)).trim().split('\n')
  t.is(similar.length, 5)
  t.false(similar.some(line => line.includes('low-0.wav')))

  const broken = join(folder, 'broken.mp3')
  writeFileSync(broken, 'no music at all')
  t.regex(
    await run('errors-by-code', model, clip, broken, join(folder, 'gone.wav')),
    /broken\.mp3: ERR_UNSUPPORTED_FORMAT: convert it/,
  )

  const many = await run('many-requests', model, ...Array.from({ length: 12 }, () => clip))
  t.is(many.match(/low-0\.wav: (low|high) \d/g)?.length, 12)

  const server = spawn(process.execPath, [...loader, example('upload-endpoint'), model, '0'], { cwd: root })
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const port = /port (\d+)/.exec(line.toString())?.[1]
    const post = async (body: Uint8Array): Promise<Response> =>
      fetch(`http://localhost:${port}/`, { method: 'POST', body })
    const good = await post(readFileSync(clip))
    t.is(good.status, 200)
    const { tags } = (await good.json()) as { tags: { tag: string; score: number }[] }
    t.is(tags.length, 2)
    const bad = await post(Buffer.from('no music at all'))
    t.is(bad.status, 422)
    t.is(((await bad.json()) as { code: string }).code, 'ERR_UNSUPPORTED_FORMAT')
  } finally {
    server.kill()
  }
})
