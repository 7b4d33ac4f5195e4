import test from 'ava'

import { command } from '../../cli/commands/index.js'
import { continuationOf, resumeCommand } from '../../cli/resume.js'

test('the command that continues is the same command with --resume', t => {
  t.is(resumeCommand(['train', '-o', 'runs/a', '-a', '3^9']), 'samplecnn train -o runs/a -a 3^9 --resume')
})

test('--resume is not doubled and --force is dropped', t => {
  t.is(resumeCommand(['train', '--force', '--resume']), 'samplecnn train --resume')
})

test('words that a shell would split are quoted', t => {
  t.is(resumeCommand(['train', '-o', "Dad's runs"]), String.raw`samplecnn train -o 'Dad'\''s runs' --resume`)
})

test('a command that continues without --resume is repeated unchanged', t => {
  t.is(continuationOf('same-line', ['prepare', '--manifest', 'a b.csv']), "samplecnn prepare --manifest 'a b.csv'")
  t.is(continuationOf('resume', ['train', '-o', 'r']), 'samplecnn train -o r --resume')
  t.is(continuationOf('never', ['tag', 'a.mp3']), undefined)
})

test('commands that keep their results define how to continue', async t => {
  const continuations = async (name: string, options = {}): Promise<string | undefined> =>
    (await command(name))?.continuation?.(options)
  t.is(await continuations('train'), 'resume')
  t.is(await continuations('prepare'), 'same-line')
  t.is(await continuations('experiment'), 'same-line')
  t.is(await continuations('tag', { out: 'tags.jsonl' }), 'same-line')
  t.is(await continuations('tag'), 'never')
  t.is(await continuations('doctor'), undefined)
})
