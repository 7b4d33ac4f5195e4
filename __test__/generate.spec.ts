import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { apiPage } from '../scripts/generate/api.js'
import { cliPage } from '../scripts/generate/cli.js'
import { codesModule } from '../scripts/generate/codes.js'
import { interfacesModule } from '../scripts/generate/interfaces.js'
import { root } from '../scripts/paths.mjs'

for (const [name, content] of [
  ['src/codes.ts', codesModule],
  ['src/options/interfaces.ts', interfacesModule],
  ['docs/api.md', apiPage],
  ['docs/cli.md', cliPage],
] as const) {
  test(`${name} is what npm run generate makes`, t => {
    t.is(readFileSync(join(root, name), 'utf8'), content())
  })
}

test('the reference has every export and no undocumented option', t => {
  const page = apiPage()
  for (const name of ['Model', 'train', 'tag', 'evaluate', 'experiment', 'inspect', 'doctor', 'prepare', 'demo']) {
    t.regex(page, new RegExp(`^## ${name}$`, 'm'))
  }
  t.regex(page, /\| `batchSize` \| `number` \| segments of one step \| 23 \|/)
  t.regex(page, /\| `ERR_DECODE` \| .+ \|/)
})
