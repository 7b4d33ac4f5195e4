import { existsSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { demo, type DemoEvent } from '../index.js'
import { emptyFolder } from './support/folder.js'

test('the demo generates music, trains on it and tags an unseen file', async t => {
  t.timeout(300_000)
  const events: DemoEvent[] = []
  const out = join(emptyFolder(t), 'demo')
  const done = await demo({ out, clips: 20, epochs: 1, onEvent: event => events.push(event) })
  t.is(done.out, out)
  t.true(existsSync(done.model))
  t.true(existsSync(done.unseen))
  t.is(typeof done.test.rocAuc, 'number')
  t.is(events.filter(({ type }) => type === 'done').length, 1, 'the training inside has no done of its own')
  t.is(events.at(-1)?.type, 'done')
  const unseen = events.find(event => event.type === 'result')
  t.is(unseen?.file, done.unseen)
})
