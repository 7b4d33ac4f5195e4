/**
 * Writes the generated files: the version, the option interfaces and Rust's copy of the options from the tables, the
 * codes, suffixes and limits from the lists in Rust, the records, the architecture and the schema of experiments from
 * the types in Rust, the names of the experiments and protocols, and the reference in docs/.
 *
 *   npm run generate            writes the files
 *   npm run generate -- --check fails if a file is out of date
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './paths.mjs'
import { run } from './run.mjs'

/** The generators, loaded one by one in this order: the first files are sources of the following files. */
const files: Readonly<Record<string, () => Promise<string>>> = {
  'src/version.ts': async () => (await import('./generate/version.js')).versionModule(),
  'src/codes.ts': async () => (await import('./generate/codes.js')).codesModule(),
  'src/options/limits.ts': async () => (await import('./generate/limits.js')).limitsModule(),
  'src/options/experiments.ts': async () => (await import('./generate/experiments.js')).experimentsModule(),
  'src/options/protocols.ts': async () => (await import('./generate/protocols.js')).protocolsModule(),
  'src/options/suffixes.ts': async () => (await import('./generate/suffixes.js')).suffixesModule(),
  'crates/options/src/tables.rs': async () => (await import('./generate/options.js')).optionsModule(),
  'src/options/interfaces.ts': async () => (await import('./generate/interfaces.js')).interfacesModule(),
  'docs/protocols.md': async () => (await import('./generate/protocols.js')).protocolsPage(),
  'docs/api.md': async () => (await import('./generate/api.js')).apiPage(),
  'docs/images/modules.svg': async () => (await import('./generate/modules.js')).modulesPicture(),
  'docs/cli.md': async () => (await import('./generate/cli.js')).cliPage(),
}

const check = process.argv.includes('--check')

// The records, the architecture and the schema of experiments: Rust tests know the types, and compare or write their
// files. With the addon's
// crate named too, cargo chooses the same features as for the addon, and compiles nothing twice.
const tests = ['--test', 'typescript', '--test', 'specs']
const test = ['test', '--quiet', '-p', 'samplecnn-lab', '-p', 'samplecnn-node', ...tests]
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
