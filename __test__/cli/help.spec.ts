import test from 'ava'

import { command, verbs } from '../../cli/commands/index.js'
import { helpOf, overview, unknownCommand } from '../../cli/help.js'
import { flagsOf } from '../../src/options/flags.js'

for (const verb of verbs) {
  test(`help of ${verb.name} names every flag and stays within 80 columns`, t => {
    const text = helpOf(verb)
    for (const flag of flagsOf(verb)) t.true(text.includes(`--${flag.name}`), flag.name)
    t.deepEqual(tooLong(text), [])
  })
}

/** The lines that are longer than 80 columns. */
function tooLong(text: string): string[] {
  return text.split('\n').filter(line => line.length > 80)
}

test('an example that is too long for a line is continued as a shell accepts it', t => {
  const text = helpOf({ ...verbs[0]!, examples: [`tag ${'song.mp3 '.repeat(12)}-m m.safetensors`] })
  t.deepEqual(tooLong(text), [])
  const example = text.slice(text.indexOf('Examples:'), text.indexOf('Options:'))
  t.is(
    example.replaceAll(/ \\\n {4}/g, ' ').split('\n')[1],
    `  samplecnn tag ${'song.mp3 '.repeat(12)}-m m.safetensors`,
  )
})

test('the help explains the exit statuses', t => {
  for (const text of [overview(verbs), ...verbs.map(helpOf)]) {
    t.regex(text, /^ {2}4 +not finished for a temporary reason: run the same command again$/m)
    for (const status of ['0', '1', '2', '3', '130, 143']) t.regex(text, new RegExp(`^  ${status} `, 'm'))
  }
})

test('the overview lists every command', t => {
  for (const verb of verbs) t.regex(overview(verbs), new RegExp(`^  ${verb.name} `, 'm'))
  t.deepEqual(tooLong(overview(verbs)), [])
})

test('every verb in the help has a command', async t => {
  for (const verb of verbs) t.is((await command(verb.name))?.verb, verb)
  t.is(await command('toString'), undefined)
})

test('an unknown command gets a suggestion', t => {
  t.regex(unknownCommand('trian', verbs), /did you mean train\?/)
  t.regex(unknownCommand('--hlep', verbs), /unknown option "--hlep"; did you mean --help\?/)
  t.regex(unknownCommand('exper', verbs), /did you mean experiment\?/)
  t.regex(unknownCommand('my song.MP3', verbs), /did you mean `samplecnn tag 'my song\.MP3'`\?/)
  t.regex(unknownCommand('xyzzy', verbs), /--help/)
})
