import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { errorCodes, inspect } from '../index.js'
import { root } from '../scripts/paths.mjs'

test('every name that editors suggest is a network', t => {
  const text = readFileSync(join(root, 'src', 'presets.ts'), 'utf8')
  const union = (name: string): string[] =>
    Array.from(
      new RegExp(`type ${name} =([^/]*(?:/\\d[^/]*)*)`).exec(text)![1]!.matchAll(/'([^']+)'/g),
      ([, word]) => word!,
    )
  const frames = union('Frame')
  const names = union('Known').filter(name => name !== 'multi' && name !== 'small')
  t.true(names.includes('3^9') && names.includes('leenet24') && frames.includes('rese2'))
  for (const frame of frames) names.push(frame, `${frame}-multi`, `${frame}-small`, `${frame}-multi-small`)
  for (const name of names) t.true(inspect(name).parameters > 0, name)
})

test('the error codes are exported with their meanings', t => {
  t.true(Object.keys(errorCodes).every(code => /^ERR_[A-Z_]+$/.test(code)))
  t.regex(errorCodes.ERR_TOO_LARGE, /memory/)
})
