import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { nodeFileTrace } from '@vercel/nft'
import test from 'ava'
import { build } from 'esbuild'

import { type Diagnosis, Model } from '../index.js'
import { installModel } from '../scripts/model-package.mjs'
import { modelFolder } from '../scripts/packages.mjs'
import { execute } from './support/child.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

/** An environment with only Node and the system: without Rust and without files of the checkout. */
const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, NODE_OPTIONS: '', NAPI_RS_NATIVE_LIBRARY_PATH: '' }

test('the tarballs install into an empty folder and work there', async t => {
  t.timeout(600_000)
  const packages = emptyFolder(t)
  const before = await execute('git', ['status', '--porcelain'])
  // A small model instead of the one in the work tree, of which the test knows the tags.
  const model = join(emptyFolder(t), 'model.safetensors')
  const { architecture } = await Model.create({ architecture: '3^4@8000', tags: ['a'] })
  const small = { ...architecture, blocks: architecture.blocks.map(block => ({ ...block, channels: 8 })) }
  await (await Model.create({ architecture: small, tags: ['a', 'b'] })).save(model)
  const modelPackage = join(emptyFolder(t), 'model')
  cpSync(modelFolder, modelPackage, { recursive: true })
  installModel(model, modelPackage)
  const flagsOfPacking = ['--dev', '--out', packages, '--model', modelPackage]
  const packing = await execute(process.execPath, ['scripts/package.mjs', ...flagsOfPacking], { seconds: 300 })
  t.is(packing.status, 0, packing.stderr)
  t.is((await execute('git', ['status', '--porcelain'])).stdout, before.stdout, 'the work tree stays as it was')
  const tarballs = readdirSync(packages).map(name => join(packages, name))
  t.is(tarballs.length, 3)

  const cwd = emptyFolder(t)
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }')
  // Nothing is downloaded: platform packages that are not available locally are left out, as on any other machine.
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const install = await execute('npm', ['install', ...flags, ...tarballs], { cwd, env, seconds: 240 })
  t.is(install.status, 0, install.stderr)

  const run = async (...args: string[]): Promise<string> => {
    const [command = '', ...rest] = args
    const { status, stdout, stderr } = await execute(command, rest, { cwd, env, seconds: 120 })
    t.is(status, 0, `${args.join(' ')}\n${stderr}`)
    return stdout
  }
  const wave = writeWave(join(cwd, 'tone.wav'), tone(0.5, 300, 8000), 8000)

  t.regex(await run('npx', 'samplecnn', '--version'), /^(samplecnn )?\d+\.\d+\.\d+/)
  t.is(
    await run(
      'node',
      '--input-type=module',
      '-e',
      `import { inspect } from 'samplecnn'; console.log(inspect('3^9').inputLength)`,
    ),
    '59049\n',
  )
  t.is(await run('node', '-e', `console.log(require('samplecnn').inspect('3^9').inputLength)`), '59049\n')
  const tagged = `import { tag } from 'samplecnn'
    for await (const record of tag(${JSON.stringify(wave)}))
      console.log(record.type, record.tags.length)`
  t.is(await run('node', '--input-type=module', '-e', tagged), 'result 2\n')
  // With `auto`, an addon that was built with CUDA would warn that it uses the CPU.
  const said = await run('npx', 'samplecnn', 'tag', wave, '--json', '--device', 'cpu')
  const lines = said.trimEnd().split('\n')
  t.deepEqual(
    lines.map(line => (JSON.parse(line) as { type: string }).type).filter(type => type !== 'progress'),
    ['start', 'result', 'done'],
  )

  const installed = join(cwd, 'node_modules', 'samplecnn-model')
  t.deepEqual(readFileSync(join(installed, 'model.safetensors')), readFileSync(model))
  t.true(['LICENSE', 'ATTRIBUTION.md', 'README.md'].every(name => readdirSync(installed).includes(name)))
  const inspected = JSON.parse(await run('npx', 'samplecnn', 'inspect', '--json')) as { name: string; tags: string[] }
  t.is(inspected.name, join(installed, 'model.safetensors'))
  t.deepEqual(inspected.tags, ['a', 'b'])
  const { model: found } = JSON.parse(await run('npx', 'samplecnn', 'doctor', '--json')) as Diagnosis
  t.like(found, { package: 'samplecnn-model', licence: 'CC-BY-SA-4.0', usable: true, problem: null })
  t.is(found.sha256, found.stated)

  writeFileSync(join(cwd, 'main.mjs'), `import { inspect } from 'samplecnn'\ninspect('3^9')\n`)
  const { fileList } = await nodeFileTrace([join(cwd, 'main.mjs')], { base: cwd })
  t.true(
    [...fileList].some(file => file.endsWith('.node')),
    '@vercel/nft (Next.js standalone) finds the addon',
  )
  t.true(
    [...fileList].some(file => file.endsWith('samplecnn-model/model.safetensors')),
    'and the default model',
  )
  // A bundle without the package beside it has no addon. In both formats, it reports this with an error code.
  for (const format of ['cjs', 'esm'] as const) {
    const outfile = join(emptyFolder(t), format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs')
    await build({
      entryPoints: [join(cwd, 'main.mjs')],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'error',
    })
    const { status, stderr } = await execute('node', [outfile], { cwd: dirname(outfile), env, seconds: 60 })
    t.is(status, 1)
    t.regex(stderr, /ERR_NATIVE_LOAD/)
    t.regex(stderr, /copied into a bundle/)
  }

  const native = join(cwd, 'node_modules', 'samplecnn')
  t.false(
    readdirSync(native).some(name => name.endsWith('.node')),
    'the root package is JavaScript only',
  )
  const scope = join(cwd, 'node_modules', '@samplecnn')
  const [platform = ''] = readdirSync(scope)
  t.true(readdirSync(join(scope, platform)).includes('THIRD-PARTY-NOTICES.md'))
  t.regex(readFileSync(join(scope, platform, 'README.md'), 'utf8'), /It needs glibc 2\.\d+ or newer/)

  writeFileSync(join(installed, 'model.safetensors'), 'damaged')
  const { model: damaged } = JSON.parse(await run('npx', 'samplecnn', 'doctor', '--json')) as Diagnosis
  t.false(damaged.usable)
  rmSync(installed, { recursive: true })
  const failed = await execute('npx', ['samplecnn', 'tag', wave, '--json'], { cwd, env, seconds: 60 })
  t.is(failed.status, 3)
  t.regex(failed.stdout, /"code":"ERR_MODEL_NOT_FOUND","message":"[^"]*npm install samplecnn-model/)
  t.regex(
    await run('npx', 'samplecnn', 'doctor'),
    /^model +the default model is not installed: .*npm install samplecnn-model/m,
  )
})
