import { createRequire } from 'node:module'

import test from 'ava'

import { SampleCnnError } from '../index.js'
import { errorCodes, warningCodes } from '../src/codes.js'
import { fromNative } from '../src/error.js'
import type { Addon } from '../src/native.js'

const addon = createRequire(import.meta.url)('#native') as Addon

test('the codes of TypeScript are those of Rust', t => {
  t.deepEqual(
    Object.entries(errorCodes),
    addon.errorCodes().map(({ code, meaning }) => [code, meaning]),
  )
  t.deepEqual(
    Object.entries(warningCodes),
    addon.warningCodes().map(({ code, meaning }) => [code, meaning]),
  )
})

test('a failure of the addon keeps code, message and file', t => {
  const error = fromNative(new Error('{"code":"ERR_DECODE","message":"no","file":"/a.mp3"}'))
  t.true(error instanceof SampleCnnError)
  t.true(error instanceof Error)
  t.is(error.code, 'ERR_DECODE')
  t.is(error.message, 'no')
  t.is(error.file, '/a.mp3')
  t.is(error.name, 'SampleCnnError')
})

test('a failure without a file has no such property', t => {
  t.false('file' in fromNative(new Error('{"code":"ERR_DATASET","message":"no","file":null}')))
})

test('an unexpected error becomes an internal error with its cause', t => {
  const cause = new TypeError('a wrong argument')
  const error = fromNative(cause)
  t.is(error.code, 'ERR_INTERNAL')
  t.is(error.message, 'a wrong argument')
  t.is(error.cause, cause)
})
