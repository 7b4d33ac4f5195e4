import { join } from 'node:path'

import test from 'ava'

import { root } from '../scripts/paths.mjs'
import { execute } from './support/child.js'

// The assertions are the types in __test__/types/ and the @ts-expect-error lines in it.
test('the declarations describe the arguments and results of the API', async t => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = await execute(process.execPath, [compiler, '--project', '__test__'], { seconds: 240 })
  t.is(stdout, '')
  t.is(status, 0)
})
