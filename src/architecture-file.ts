/** Architectures given as text: the name of a preset, JSON, or a .json file. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { SampleCnnError } from './error.js'

/** Whether `text` is the name of a file with an architecture, and not the name of a preset. */
export function isArchitectureFile(text: string): boolean {
  return text.endsWith('.json')
}

/**
 * The architecture for `text`: an object if `text` is JSON or names a .json file; otherwise `text` itself, as the name
 * of a preset.
 *
 * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND`; `ERR_INVALID_OPTION` for invalid JSON, with the file and the position.
 */
export function readArchitecture(text: string): unknown {
  if (isArchitectureFile(text)) {
    const file = resolve(text)
    return parsed(read(file), file)
  }
  return text.trimStart().startsWith('{') ? parsed(text, undefined) : text
}

/**
 * The text of the .json file `file`, which must contain an object.
 *
 * @throws {SampleCnnError} those of `readArchitecture`.
 */
export function readArchitectureText(file: string): string {
  const text = read(file)
  parsed(text, file)
  return text
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new SampleCnnError('ERR_FILE_NOT_FOUND', `no such file: ${file}`, { cause, file })
    throw new SampleCnnError('ERR_INVALID_OPTION', `cannot read ${file}: ${message}`, { cause, file })
  }
}

function parsed(json: string, file: string | undefined): unknown {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw refusal(`it is not JSON: ${(cause as Error).message}${position(json, (cause as Error).message)}`, file, cause)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw refusal('an architecture must be an object { ... }', file)
}

/** The line and column of a JSON error, if the message of JSON.parse does not contain them. */
function position(json: string, message: string): string {
  if (message.includes('line ')) return ''
  const found = /position (\d+)/.exec(message)?.[1]
  const lines = json.slice(0, found === undefined ? json.length : Number(found)).split('\n')
  return ` (line ${lines.length} column ${(lines.at(-1) ?? '').length + 1})`
}

function refusal(why: string, file: string | undefined, cause?: unknown): SampleCnnError {
  const subject = file ?? 'architecture'
  return new SampleCnnError('ERR_INVALID_OPTION', `${subject}: ${why}`, { cause, ...(file !== undefined && { file }) })
}
