/** Paths that callers pass: texts, `file:` URLs, or bytes for names that are not valid text. */

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'

import { SampleCnnError } from './error.js'

/** A path: a text, a `file:` URL, or bytes. */
export type Path = string | URL | Uint8Array

/** Whether `value` can be a path. The code that opens the file reports whether it exists. */
export function isPath(value: unknown): value is Path {
  return typeof value === 'string' || types.isUint8Array(value) || isFileUrl(value)
}

/** A URL of this or another realm that names a file. */
function isFileUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  const { protocol, href } = value as Partial<URL>
  return protocol === 'file:' && typeof href === 'string'
}

/**
 * The current working directory: relative paths are resolved when they are passed.
 *
 * @throws {SampleCnnError} `ERR_FILE_NOT_FOUND` if it has been deleted.
 */
export function workingDirectory(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new SampleCnnError(
      'ERR_FILE_NOT_FOUND',
      'the working directory no longer exists: change to another one, or give absolute paths',
      { cause },
    )
  }
}

/**
 * The absolute path as text, for records in JSON.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for bytes that are not valid text.
 */
export function absoluteText(subject: string, path: Path): string {
  const text = textOf(subject, path)
  return isAbsolute(text) ? resolve(text) : resolve(workingDirectory(), text)
}

/**
 * The path as text, as it was given.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for bytes that are not valid text.
 */
export function textOf(subject: string, path: Path): string {
  return types.isUint8Array(path) ? asText(subject, path) : asString(subject, path)
}

/** The text of a path that a file can have; undefined for every other value. */
export function fileTextOf(value: unknown): string | undefined {
  if (!isPath(value)) return undefined
  try {
    const text = textOf('path', value)
    return text !== '' && !text.includes('\0') && text.isWellFormed() ? text : undefined
  } catch {
    return undefined
  }
}

/** The current working directory; undefined if it has been deleted, which matters only for relative paths. */
export function workingDirectoryIfAny(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

/**
 * The bytes of the absolute path. A path that no file can have, such as an empty one, is returned unchanged: opening it
 * fails.
 */
export function absoluteBytes(subject: string, path: Path, base?: string): Uint8Array {
  if (types.isUint8Array(path)) {
    if (process.platform === 'win32') return absoluteBytes(subject, asText(subject, path), base)
    if (path.length === 0 || path[0] === 0x2f) return path
    return Buffer.concat([Buffer.from(`${base ?? workingDirectory()}/`), path])
  }
  if (typeof path !== 'string' && process.platform !== 'win32') return bytesOfUrl(path)
  const text = asString(subject, path)
  if (text === '') return new Uint8Array()
  return bytesOf(isAbsolute(text) ? resolve(text) : resolve(base ?? workingDirectory(), text))
}

/**
 * The bytes of the path in a `file:` URL: escaped bytes need not be valid text. A URL that no file can have (another
 * host, an escaped slash) is returned as text: opening it fails.
 */
function bytesOfUrl({ href }: URL): Uint8Array {
  const { hostname, pathname } = new URL(href)
  if ((hostname !== '' && hostname !== 'localhost') || /%2f/i.test(pathname)) return Buffer.from(href)
  const bytes = Buffer.from(pathname, 'latin1')
  const decoded: number[] = []
  for (let index = 0; index < bytes.length; index += 1) {
    const code =
      bytes[index] === 0x25 ? /^[0-9a-f]{2}/i.exec(bytes.toString('latin1', index + 1, index + 3))?.[0] : undefined
    decoded.push(code === undefined ? bytes[index]! : Number.parseInt(code, 16))
    if (code !== undefined) index += 2
  }
  return Uint8Array.from(decoded)
}

/** Whether the path is independent of the working directory. */
function isAbsolute(text: string): boolean {
  return text.startsWith('/')
}

function asString(subject: string, path: string | URL): string {
  if (typeof path === 'string') return path
  try {
    return fileURLToPath(path.href)
  } catch (cause) {
    const why = (cause as Error).message
    throw new SampleCnnError(
      'ERR_INVALID_OPTION',
      `${subject} must be the URL of a file, received ${path.href}: ${why}`,
      {
        cause,
      },
    )
  }
}

function asText(subject: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new SampleCnnError(
      'ERR_INVALID_OPTION',
      `${subject} must be a path that is UTF-8, received the bytes ${Buffer.from(bytes).toString('hex')}`,
      { cause },
    )
  }
}

/**
 * UTF-8. A lone surrogate becomes the three bytes that it would have: they are not valid UTF-8, so the result is never
 * the name of another file.
 */
function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text)
  return Buffer.concat(
    Array.from(text, letter => {
      const code = letter.codePointAt(0)!
      if (code < 0xd800 || code > 0xdfff) return Buffer.from(letter)
      return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
    }),
  )
}
