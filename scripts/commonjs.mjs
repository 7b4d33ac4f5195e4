// What `require('samplecnn')` gets: the same module, with declarations that a CommonJS program may read.
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist } from './paths.mjs'

/** Writes dist/index.cjs, dist/index.d.cts, and a copy of the declarations that counts as CommonJS. */
export function buildCommonJs() {
  const copy = join(dist, 'require')
  rmSync(copy, { recursive: true, force: true })
  const isDeclaration = path => path.endsWith('.d.ts')
  for (const name of readdirSync(dist, { recursive: true })) {
    if (!isDeclaration(name) || name.startsWith('cli')) continue
    cpSync(join(dist, name), join(copy, name), { recursive: true })
  }
  writeFileSync(join(copy, 'package.json'), '{ "type": "commonjs" }\n')
  writeFileSync(join(dist, 'index.d.cts'), "export * from './require/index.js'\n")
  // Node has loaded ES modules by require() since 20.19, which is the oldest that this package takes.
  writeFileSync(join(dist, 'index.cjs'), "'use strict'\nmodule.exports = require('./index.js')\n")
}
