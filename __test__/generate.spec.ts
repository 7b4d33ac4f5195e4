import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { apiPage } from '../scripts/generate/api.js'
import { cliPage } from '../scripts/generate/cli.js'
import { codesModule } from '../scripts/generate/codes.js'
import { experimentsModule } from '../scripts/generate/experiments.js'
import { interfacesModule } from '../scripts/generate/interfaces.js'
import { limitsModule } from '../scripts/generate/limits.js'
import { protocolsModule, protocolsPage } from '../scripts/generate/protocols.js'
import { optionsModule } from '../scripts/generate/options.js'
import { suffixesModule } from '../scripts/generate/suffixes.js'
import { root } from '../scripts/paths.mjs'

for (const [name, content] of [
  ['src/codes.ts', codesModule],
  ['src/options/experiments.ts', experimentsModule],
  ['src/options/interfaces.ts', interfacesModule],
  ['src/options/limits.ts', limitsModule],
  ['src/options/protocols.ts', protocolsModule],
  ['src/options/suffixes.ts', suffixesModule],
  ['crates/options/src/tables.rs', optionsModule],
  ['docs/api.md', apiPage],
  ['docs/protocols.md', protocolsPage],
  ['docs/cli.md', cliPage],
] as const) {
  test(`${name} is what npm run generate writes`, t => {
    t.is(readFileSync(join(root, name), 'utf8'), content())
  })
}

test('the reference has every export and no undocumented option', t => {
  const page = apiPage()
  for (const name of ['Model', 'train', 'tag', 'evaluate', 'experiment', 'inspect', 'doctor', 'prepare', 'demo']) {
    t.regex(page, new RegExp(`^## ${name}$`, 'm'))
  }
  t.regex(page, /\| `batchSize` \| `number` \| segments in one step \| 23 \|/)
  const interfaces = Array.from(
    interfacesModule().matchAll(/^export (?:interface|type) (\w+Options)\b/gm),
    ([, name]) => name,
  )
  t.true(interfaces.length > 8)
  t.is(page.match(/^\| option \| type \|/gm)?.length, interfaces.length, `a table for each of ${interfaces.join(', ')}`)
  t.regex(page, /\| `ERR_DECODE` \| .+ \|/)
  t.regex(page, /\| `clips-left-out` \| .+ \|/)
})
