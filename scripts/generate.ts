/**
 * Writes what is made from other sources: the option interfaces from the tables, the error codes and suffixes from Rust's lists,
 * and the reference in docs/.
 *
 *   npm run generate            writes the files
 *   npm run generate -- --check fails where one is out of date
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { apiPage } from './generate/api.js'
import { cliPage } from './generate/cli.js'
import { codesModule } from './generate/codes.js'
import { interfacesModule } from './generate/interfaces.js'
import { suffixesModule } from './generate/suffixes.js'
import { root } from './paths.mjs'

const files: Readonly<Record<string, () => string>> = {
  'src/codes.ts': codesModule,
  'src/options/interfaces.ts': interfacesModule,
  'src/options/suffixes.ts': suffixesModule,
  'docs/api.md': apiPage,
  'docs/cli.md': cliPage,
}

let stale = 0
for (const [name, content] of Object.entries(files)) {
  const path = join(root, name)
  if (!process.argv.includes('--check')) writeFileSync(path, content())
  else if (readFileSync(path, 'utf8') !== content()) {
    stale += 1
    console.error(`${name} is out of date: run \`npm run generate\``)
  }
}
process.exitCode = stale === 0 ? 0 : 1
