import { isPath, type Path } from '../path.js'
import type { Option } from './table.js'
import { check } from './validate.js'

const path: Option = { kind: 'path', required: true, help: 'a file or folder' }

/**
 * Checks a path that is a separate argument; `subject` names it in the message.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`.
 */
export function checkPath(subject: string, value: unknown): asserts value is Path {
  // Bytes need not be valid text here.
  if (isPath(value) && typeof value !== 'string' && 'length' in value && value.length > 0 && !value.includes(0)) return
  check(subject, path, value)
}
