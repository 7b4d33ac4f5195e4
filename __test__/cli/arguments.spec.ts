import test from 'ava'

import { parse } from '../../cli/arguments.js'
import { evaluate } from '../../cli/commands/evaluate.js'
import { tag } from '../../cli/commands/tag.js'
import { train } from '../../cli/commands/train.js'
import { UsageError } from '../../cli/usage.js'

test('flags become the options of the API, in its names and types', t => {
  const { options, json, quiet } = parse(train, [
    '--manifest',
    'a.csv',
    '-o',
    'run',
    '--batch-size',
    '8',
    '--json',
    '-q',
  ])
  t.deepEqual(options, { dataset: { kind: 'manifest', path: 'a.csv' }, out: 'run', batchSize: 8 })
  t.true(json)
  t.true(quiet)
})

test('a data set is named by its kind and folder', t => {
  const { options } = parse(train, ['--dataset', 'mtat', '--root', 'MTAT', '-o', 'run'])
  t.deepEqual(options['dataset'], { kind: 'mtat', root: 'MTAT' })
})

test('operands may stand anywhere, and - is one', t => {
  t.deepEqual(parse(tag, ['a.mp3', '-m', 'model', '-', '--top', '3', 'b/']).operands, ['a.mp3', '-', 'b/'])
  t.deepEqual(parse(tag, ['-m', 'model', '--', '--odd-name.mp3']).operands, ['--odd-name.mp3'])
})

test('a misspelt flag is refused with a suggestion', t => {
  const error = t.throws(() => parse(train, ['--batchsize', '8']), { instanceOf: UsageError })
  t.regex(error.message, /--batchsize.*did you mean --batch-size\?/)
})

test('a flag without its value is refused', t => {
  t.throws(() => parse(train, ['--out']), { instanceOf: UsageError, message: /--out/ })
})

test('missing and surplus operands are refused with the usage', t => {
  t.throws(() => parse(evaluate, ['--manifest', 'a.csv']), {
    instanceOf: UsageError,
    message: /samplecnn evaluate MODEL/,
  })
  t.throws(() => parse(evaluate, ['a', 'b']), { instanceOf: UsageError, message: /"b" is one too many/ })
})

test('help asks for nothing else', t => {
  t.true(parse(evaluate, ['--help']).help)
})
