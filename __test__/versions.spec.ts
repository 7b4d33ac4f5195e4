import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'

import { version } from '../index.js'
import { manifest, modelFolder, platforms } from '../scripts/packages.mjs'
import { root } from '../scripts/paths.mjs'
import type { Addon } from '../src/native.js'

test('package, crates, addon and platform packages have the same version', t => {
  const { version: addon } = createRequire(import.meta.url)('#native') as Addon
  t.is(version, manifest.version)
  t.is(addon(), version)
  t.is(/^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1], version)
  for (const platform of platforms) t.is(platform.manifest.version, version, platform.name)
})

test('every target has a platform package', t => {
  t.is(platforms.length, manifest.napi.targets.length)
  for (const { name, manifest: platform } of platforms) {
    t.is(platform.name, `@samplecnn/native-${name}`)
    t.is(platform.main, `samplecnn.${name}.node`)
    t.true(platform.files.includes(platform.main))
  }
})

test('the work tree depends on no package that is not in it', t => {
  t.false('optionalDependencies' in manifest)
  t.deepEqual(Object.keys(manifest.dependencies), ['samplecnn-model'])
  t.deepEqual(manifest.workspaces, ['npm/model'])
})

test('the range of the default model has the version of the package in the work tree', t => {
  const { version: model } = JSON.parse(readFileSync(join(modelFolder, 'package.json'), 'utf8')) as { version: string }
  const [major, minor, patch] = model.split('.').map(Number) as [number, number, number]
  const lowest = manifest.dependencies['samplecnn-model'].replace('^', '').split('.').map(Number)
  t.is(lowest[0], major)
  t.is(lowest[1], minor)
  t.true(lowest[2]! <= patch)
})
