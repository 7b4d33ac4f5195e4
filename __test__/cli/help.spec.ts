import test from 'ava'

import { command, verbs } from '../../cli/commands/index.js'
import { helpOf, overview, unknownCommand } from '../../cli/help.js'
import { flagsOf } from '../../src/options/flags.js'

for (const verb of verbs) {
  test(`help of ${verb.name} names every flag and stays within 100 columns`, t => {
    const text = helpOf(verb)
    for (const flag of flagsOf(verb)) t.true(text.includes(`--${flag.name}`), flag.name)
    const long = text
      .split('\n')
      .filter(line => line.length > 100 && !line.startsWith('  samplecnn') && !line.startsWith('Usage'))
    t.deepEqual(long, [])
  })
}

test('the overview lists every command', t => {
  for (const verb of verbs) t.regex(overview(verbs), new RegExp(`^  ${verb.name} `, 'm'))
})

test('every verb that help lists has its command', async t => {
  for (const verb of verbs) t.is((await command(verb.name))?.verb, verb)
  t.is(await command('toString'), undefined)
})

test('an unknown command gets a suggestion', t => {
  t.regex(unknownCommand('trian', verbs), /did you mean train\?/)
  t.regex(unknownCommand('xyzzy', verbs), /--help/)
})
