// Makes `require('samplecnn')` work: the same module, with declarations for CommonJS programs.
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist } from './paths.mjs'

/** Writes dist/index.cjs, dist/index.d.cts, and a copy of the declarations that is treated as CommonJS. */
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
  // Node loads ES modules with require() since 20.19, which is the oldest version that this package supports.
  writeFileSync(join(dist, 'index.cjs'), "'use strict'\nmodule.exports = require('./index.js')\n")
}
