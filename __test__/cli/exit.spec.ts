import test from 'ava'

import { EXIT, exitCodeOf, exitCodeOfCounts, exitMeanings } from '../../cli/exit.js'
import { errorCodes, type ErrorCode } from '../../src/codes.js'

const codes = Object.keys(errorCodes) as ErrorCode[]

test('only what is wrong with options is wrong usage', t => {
  t.deepEqual(
    codes.filter(code => exitCodeOf(code) === EXIT.usage),
    ['ERR_INVALID_OPTION'],
  )
})

test('an input or a model that cannot be used leaves nothing to do', t => {
  t.deepEqual(
    codes.filter(code => exitCodeOf(code) === EXIT.nothing),
    [
      'ERR_FILE_NOT_FOUND',
      'ERR_UNSUPPORTED_FORMAT',
      'ERR_DECODE',
      'ERR_NO_AUDIO',
      'ERR_TOO_SHORT',
      'ERR_SILENCE',
      'ERR_MODEL_FORMAT',
      'ERR_MODEL_VERSION',
      'ERR_DATASET',
    ],
  )
})

test('what passes leaves the work unfinished', t => {
  t.deepEqual(
    codes.filter(code => exitCodeOf(code) === EXIT.unfinished),
    ['ERR_IO'],
  )
})

test('every other failure is a failure of the command, one without an entry too', t => {
  for (const code of [
    'ERR_OUTPUT',
    'ERR_RUN_EXISTS',
    'ERR_INTERNAL',
    'ERR_DIVERGED',
    'ERR_CUDA_UNAVAILABLE',
  ] as const) {
    t.is(exitCodeOf(code), EXIT.failed, code)
  }
  t.is(exitCodeOf('ERR_OF_TOMORROW' as ErrorCode), EXIT.failed)
})

test('every status has a meaning', t => {
  const told = exitMeanings.flatMap(([status]) => status.split(', ').map(Number))
  t.deepEqual(told, Object.values(EXIT))
})

test('counts of inputs decide: all done, some failed, none left, some not finished', t => {
  t.is(exitCodeOfCounts(3, 0), EXIT.ok)
  t.is(exitCodeOfCounts(3, 1), EXIT.failed)
  t.is(exitCodeOfCounts(3, 3), EXIT.nothing)
  t.is(exitCodeOfCounts(0, 0), EXIT.nothing)
  t.is(exitCodeOfCounts(3, 1, 1), EXIT.unfinished)
  t.is(exitCodeOfCounts(3, 3, 3), EXIT.unfinished)
  t.is(exitCodeOfCounts(3, 2, 1), EXIT.unfinished, 'another try may still do something')
})
