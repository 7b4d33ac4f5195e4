import test from 'ava'

import { EXIT, exitCodeOf, exitCodeOfCounts, exitMeanings } from '../../cli/exit.js'
import { errorCodes, type ErrorCode } from '../../src/codes.js'

const codes = Object.keys(errorCodes) as ErrorCode[]

test('only errors about options are wrong usage', t => {
  t.deepEqual(
    codes.filter(code => exitCodeOf(code) === EXIT.usage),
    ['ERR_INVALID_OPTION'],
  )
})

test('an unusable input or model gives the status for nothing done', t => {
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
      'ERR_MODEL_NOT_FOUND',
      'ERR_MODEL_ACCESS',
      'ERR_MODEL_HASH',
      'ERR_DATASET',
    ],
  )
})

test('a temporary error gives the status for unfinished work', t => {
  t.deepEqual(
    codes.filter(code => exitCodeOf(code) === EXIT.unfinished),
    ['ERR_NETWORK', 'ERR_IO'],
  )
})

test('every other error gives the status for a failed command, also a code without an entry', t => {
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

test('the counts of inputs decide the status: all done, some failed, all failed, some not finished', t => {
  t.is(exitCodeOfCounts(3, 0), EXIT.ok)
  t.is(exitCodeOfCounts(3, 1), EXIT.failed)
  t.is(exitCodeOfCounts(3, 3), EXIT.nothing)
  t.is(exitCodeOfCounts(0, 0), EXIT.nothing)
  t.is(exitCodeOfCounts(3, 1, 1), EXIT.unfinished)
  t.is(exitCodeOfCounts(3, 3, 3), EXIT.unfinished)
  t.is(exitCodeOfCounts(3, 2, 1), EXIT.unfinished, 'another try may still do something')
})
