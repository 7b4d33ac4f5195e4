import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'

import { version } from '../index.js'
import { manifest, platforms } from '../scripts/packages.mjs'
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

test('the work tree does not depend on unpublished packages', t => {
  t.false('optionalDependencies' in manifest)
  t.false('dependencies' in manifest)
})
