import { dirname, join, resolve } from 'node:path'

import test from 'ava'

import { shown } from '../../cli/paths.js'

test('a path inside the working directory is shown relative to it, any other path unchanged', t => {
  t.is(shown(resolve('demo', 'run')), join('demo', 'run'))
  t.is(shown(resolve('..name')), '..name', 'a name may begin with dots')
  t.is(shown(process.cwd()), process.cwd())
  const beside = join(dirname(process.cwd()), 'beside')
  t.is(shown(beside), beside)
})
