/**
 * Writes what is made from other sources: the version, the option interfaces from the tables, the codes and suffixes from Rust's
 * lists, the records and the architecture from Rust's types, and the reference in docs/.
 *
 *   npm run generate            writes the files
 *   npm run generate -- --check fails where one is out of date
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './paths.mjs'
import { run } from './run.mjs'

/** Loaded one by one in this order: what is written first is a source of what follows. */
const files: Readonly<Record<string, () => Promise<string>>> = {
  'src/version.ts': async () => (await import('./generate/version.js')).versionModule(),
  'src/codes.ts': async () => (await import('./generate/codes.js')).codesModule(),
  'src/options/suffixes.ts': async () => (await import('./generate/suffixes.js')).suffixesModule(),
  'src/options/interfaces.ts': async () => (await import('./generate/interfaces.js')).interfacesModule(),
  'docs/api.md': async () => (await import('./generate/api.js')).apiPage(),
  'docs/images/rooms.svg': async () => (await import('./generate/rooms.js')).roomsPicture(),
  'docs/cli.md': async () => (await import('./generate/cli.js')).cliPage(),
}

const check = process.argv.includes('--check')

// The records and the architecture: a Rust test knows the types, and compares or writes their files.
const test = ['test', '--quiet', '-p', 'samplecnn-lab', '--test', 'typescript', 'the_typescript_types_are_current']
run('cargo', test, { env: check ? {} : { SAMPLECNN_GENERATE: '1' } })

let stale = 0
for (const [name, make] of Object.entries(files)) {
  const path = join(root, name)
  const content = await make()
  if (!check) writeFileSync(path, content)
  else if (readFileSync(path, 'utf8') !== content) {
    stale += 1
    console.error(`${name} is out of date: run \`npm run generate\``)
  }
}
process.exitCode = stale === 0 ? 0 : 1
