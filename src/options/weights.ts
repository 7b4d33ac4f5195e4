/** Weights of tags in an option: how they are checked, and read from a flag. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { SampleCnnError } from '../error.js'
import { isObject } from './object.js'

/** Whether `value` is "balanced" or has a number above 0 for at least one tag. */
export function isWeights(value: unknown): boolean {
  if (value === 'balanced') return true
  if (!isObject(value)) return false
  const weights = Object.entries(value)
  return (
    weights.length > 0 &&
    weights.every(
      ([tag, weight]) => tag.isWellFormed() && typeof weight === 'number' && weight > 0 && weight < Infinity,
    )
  )
}

/**
 * Reads `balanced`, `TAG=WEIGHT,...` or the path of a JSON file with an object. Text that cannot be read is returned
 * unchanged, so that the check reports it.
 *
 * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_INVALID_OPTION` for a file that is not JSON.
 */
export function readWeights(text: string): unknown {
  if (text.toLowerCase().endsWith('.json')) {
    const file = resolve(text)
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as unknown
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const isMissing = code === 'ENOENT'
      const why = isMissing ? `no such file: ${file}` : `classWeights: cannot read ${file}: ${message}`
      throw new SampleCnnError(isMissing ? 'ERR_FILE_NOT_FOUND' : 'ERR_INVALID_OPTION', why, { cause, file })
    }
  }
  if (!text.includes('=')) return text
  const entries = text.split(',').map(part => {
    // A tag may contain an equals sign, a weight may not.
    const equals = part.lastIndexOf('=')
    return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const
  })
  const isRead = entries.every(([tag, weight]) => tag !== '' && weight !== '' && !Number.isNaN(Number(weight)))
  return isRead ? Object.fromEntries(entries.map(([tag, weight]) => [tag, Number(weight)])) : text
}
