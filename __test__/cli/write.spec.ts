import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { writeWhole } from '../../cli/write.js'
import { emptyFolder } from '../support/folder.js'

test('a file is replaced whole', async t => {
  const folder = emptyFolder(t)
  const path = join(folder, 'a.svg')
  await writeWhole(path, 'before')
  await writeWhole(path, 'after')
  t.is(readFileSync(path, 'utf8'), 'after')
  t.deepEqual(readdirSync(folder), ['a.svg'])
})

test('what cannot be written is a coded error and leaves nothing behind', async t => {
  const folder = emptyFolder(t)
  const taken = join(folder, 'taken')
  mkdirSync(taken)
  await t.throwsAsync(writeWhole(taken, 'x'), { code: 'ERR_OUTPUT', message: /taken/ })
  await t.throwsAsync(writeWhole(join(folder, 'no', 'a.svg'), 'x'), { code: 'ERR_OUTPUT' })
  t.deepEqual(readdirSync(folder), ['taken'])
  t.false(existsSync(join(folder, 'no')))
})
