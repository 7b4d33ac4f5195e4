import test from 'ava'

import { parse } from '../../cli/arguments.js'
import { evaluate } from '../../cli/commands/evaluate.js'
import { tag } from '../../cli/commands/tag.js'
import { train } from '../../cli/commands/train.js'
import { visualize } from '../../cli/commands/visualize.js'
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

test('a dataset is given by its kind and folder', t => {
  const { options } = parse(train, ['--dataset', 'mtat', '--root', 'MTAT', '-o', 'run'])
  t.deepEqual(options['dataset'], { kind: 'mtat', root: 'MTAT' })
})

test('operands may be at any position, and - is an operand', t => {
  t.deepEqual(parse(tag, ['a.mp3', '-m', 'model', '-', '--top', '3', 'b/']).operands, ['a.mp3', '-', 'b/'])
  t.deepEqual(parse(tag, ['-m', 'model', '--', '--odd-name.mp3']).operands, ['--odd-name.mp3'])
})

test('a misspelt flag is refused with a suggestion', t => {
  const error = t.throws(() => parse(train, ['--batchsize', '8']), { instanceOf: UsageError })
  t.regex(error.message, /--batchsize.*did you mean --batch-size\?/)
})

test('the beginning of a flag is enough for a suggestion', t => {
  t.throws(() => parse(tag, ['a.mp3', '--thresh', '0.5']), { message: /did you mean --threshold\?/ })
})

test('a flag without its value is refused', t => {
  t.throws(() => parse(train, ['--out']), { instanceOf: UsageError, message: /--out/ })
  t.throws(() => parse(tag, ['a.mp3', '--threshold']), {
    instanceOf: UsageError,
    message: 'tag: --threshold needs a value (X): lowest score of the tags to keep',
  })
  t.throws(() => parse(tag, ['a.mp3', '--quiet=yes']), { instanceOf: UsageError, message: /does not take an argument/ })
})

test('a negative number is a value, which is refused with the limits', t => {
  const refused = (words: string[], message: string): void => {
    t.throws(() => parse(train, ['--manifest', 'a.csv', '-o', 'r', ...words]), { code: 'ERR_INVALID_OPTION', message })
  }
  refused(['--seed', '-1'], 'train: --seed must be a whole number from 0, received -1')
  refused(['--seed=-1'], 'train: --seed must be a whole number from 0, received -1')
  refused(['--momentum', '-.5'], 'train: --momentum must be a number from 0 to below 1, received -0.5')
  refused(
    ['--learning-rates', '-1e-3,2'],
    'train: --learning-rates must be a list of numbers above 0, received [ -0.001, 2 ]',
  )
  t.throws(() => parse(tag, ['a.mp3', '-m', 'model', '--top', '-2']), { message: /--top must be .* received -2/ })
})

test('a flag after a value, and words after --, are not numbers', t => {
  const { options, operands } = parse(tag, ['-', '--top', '3', '-0', '-m', 'model', '--', '--top', '-1'])
  t.is(options['nullSeparated'], true)
  t.deepEqual(operands, ['-', '--top', '-1'])
  t.throws(() => parse(tag, ['-', '-m', '-0']), { instanceOf: UsageError, message: /ambiguous/ })
})

test('an invalid value is refused with the name of its flag', t => {
  t.throws(() => parse(train, ['--manifest', 'a', '-o', 'r', '--batch-size', 'many']), {
    message: "train: --batch-size must be a whole number from 1 to 4096, received 'many'",
  })
  t.throws(() => parse(train, ['--manifest', 'a']), {
    instanceOf: UsageError,
    message: 'train: --out is missing: the run folder',
  })
  t.throws(() => parse(tag, ['a.mp3', '-m', 'hf:user']), {
    message: /^tag: --model must be a path, .*hf:USER\/REPO.*, received 'hf:user'$/,
  })
  t.throws(() => parse(tag, ['a.mp3', '-m', 'model', '-o', '-']), { instanceOf: UsageError, message: /use --json/ })
})

test('missing and unexpected operands are refused with the usage', t => {
  t.throws(() => parse(visualize, ['-o', 'figures']), {
    instanceOf: UsageError,
    message: /samplecnn visualize filters\|.* \[MODEL\]/,
  })
  t.deepEqual(parse(evaluate, ['--manifest', 'a.csv']).operands, [], 'the default model is evaluated')
  t.throws(() => parse(evaluate, ['a', 'b']), { instanceOf: UsageError, message: /unexpected argument "b"/ })
})

test('--help works even if the rest of the command line is wrong', t => {
  t.true(parse(evaluate, ['--help']).help)
  t.true(parse(tag, ['--bogus', '--top', 'x', '--help']).help)
  t.true(parse(tag, ['a.mp3', '-h', '--threshold']).help)
  t.throws(() => parse(tag, ['-m', 'm', '--bogus', '--', '--help']), { instanceOf: UsageError, message: /--bogus/ })
})

test('an option that is given twice is refused with both values', t => {
  t.throws(() => parse(tag, ['a.mp3', '-m', 'm', '--top', '3', '--top=5']), {
    instanceOf: UsageError,
    message: 'tag: --top was given twice ("3" and "5"): give it once',
  })
  t.throws(() => parse(tag, ['-m', 'a', 'x.mp3', '--model', 'b']), {
    message: /--model was given twice \("a" and "b"\)/,
  })
  t.true(parse(tag, ['a.mp3', '-m', 'm', '-q', '-q']).quiet, 'a flag says the same twice')
})

test('numbers are accepted in all usual notations', t => {
  const read = (...words: string[]): unknown => parse(tag, ['a.mp3', '-m', 'm', ...words]).options
  t.like(read('--top', '1e3'), { top: 1000 })
  t.like(read('--threshold=.5'), { threshold: 0.5 })
  t.like(read('--threshold', '1e-3'), { threshold: 0.001 })
  for (const [word, shown] of [
    ['--threshold=', "''"],
    ['--threshold=0,5', "'0,5'"],
    ['--threshold=NaN', "'NaN'"],
    ['--threshold=Infinity', 'Infinity'],
    ['--threshold=50%', "'50%'"],
  ] as const) {
    t.throws(() => read(word), { message: `tag: --threshold must be a number from 0 to 1, received ${shown}` })
  }
  t.like(read('--top', '9007199254740991'), { top: 9_007_199_254_740_991 })
  t.throws(() => read('--top', '9007199254740993'), {
    message: "tag: --top must be a whole number from 1, received '9007199254740993'",
  })
  t.throws(() => read('--top', '1.5'), { message: 'tag: --top must be a whole number from 1, received 1.5' })
})
