import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { nodeFileTrace } from '@vercel/nft'
import test from 'ava'
import { build } from 'esbuild'

import { Model } from '../index.js'
import { execute } from './support/child.js'
import { emptyFolder } from './support/folder.js'
import { tone, writeWave } from './support/wave.js'

/** An environment with only Node and the system: without Rust and without files of the checkout. */
const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, NODE_OPTIONS: '', NAPI_RS_NATIVE_LIBRARY_PATH: '' }

test('the tarballs install into an empty folder and work there', async t => {
  t.timeout(600_000)
  const packages = emptyFolder(t)
  const before = await execute('git', ['status', '--porcelain'])
  const packing = await execute(process.execPath, ['scripts/package.mjs', '--dev', '--out', packages], { seconds: 300 })
  t.is(packing.status, 0, packing.stderr)
  t.is((await execute('git', ['status', '--porcelain'])).stdout, before.stdout, 'the work tree stays as it was')
  const tarballs = readdirSync(packages).map(name => join(packages, name))
  t.is(tarballs.length, 2)

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
  const model = join(cwd, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'] })).save(model)
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
    for await (const record of tag(${JSON.stringify(wave)}, { model: ${JSON.stringify(model)} }))
      console.log(record.type, record.tags.length)`
  t.is(await run('node', '--input-type=module', '-e', tagged), 'result 2\n')
  // With `auto`, an addon that was built with CUDA would warn that it uses the CPU.
  const said = await run('npx', 'samplecnn', 'tag', wave, '-m', model, '--json', '--device', 'cpu')
  const lines = said.trimEnd().split('\n')
  t.deepEqual(
    lines.map(line => (JSON.parse(line) as { type: string }).type).filter(type => type !== 'progress'),
    ['start', 'result', 'done'],
  )

  writeFileSync(join(cwd, 'main.mjs'), `import { inspect } from 'samplecnn'\ninspect('3^9')\n`)
  const { fileList } = await nodeFileTrace([join(cwd, 'main.mjs')], { base: cwd })
  t.true(
    [...fileList].some(file => file.endsWith('.node')),
    '@vercel/nft (Next.js standalone) finds the addon',
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
})
