/** The names of models that are not paths of files: packages, and files on the Hugging Face hub. */

import { statSync } from 'node:fs'

/** The name of the package of the default model, which every verb uses where no model is given. */
export const defaultModel = 'samplecnn-model'

/** A file on the Hugging Face hub. */
export interface HubName {
  /** `user/repo`. */
  readonly repository: string
  /** The path of the file in the repository. */
  readonly file: string
  /** A branch, a tag or a commit. */
  readonly revision: string
  /** The SHA-256 that the file must have, hexadecimal in lower case; undefined if none is given. */
  readonly sha256: string | undefined
}

/** The file that is used where a name of the hub has no file. */
const HUB_FILE = 'model.safetensors'

/** The revision that is used where a name of the hub has no revision. */
const HUB_REVISION = 'main'

/** The names that npm allows. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** The suffixes of files that options for models accept: a text that ends in one of them is a path. */
const FILES = ['.safetensors', '.npy']

/** Whether `text` is meant as a name of the hub. */
export function isHubName(text: string): boolean {
  return text.startsWith('hf:')
}

/**
 * Whether `text` can only be the name of a model package: npm allows the name, it has no suffix of a model file, and
 * there is no file with this name.
 */
export function isPackageName(text: string): boolean {
  if (text.length > 214 || !PACKAGE.test(text) || FILES.some(suffix => text.toLowerCase().endsWith(suffix)))
    return false
  return statSync(text, { throwIfNoEntry: false })?.isFile() !== true
}

/** Whether `text` is the name of a model and not the path of a file. */
export function isModelName(text: string): boolean {
  return isHubName(text) || isPackageName(text)
}

/** The parts of `hf:user/repo[/file][@revision][#sha256=hash]`; undefined if `text` does not have this form. */
export function hubName(text: string): HubName | undefined {
  const parts = /^hf:([^/@#]+\/[^/@#]+)(?:\/([^@#]+))?(?:@([^@#]+))?(?:#sha256=([0-9a-fA-F]{64}))?$/.exec(text)
  if (parts === null) return undefined
  const [, repository = '', file = HUB_FILE, revision = HUB_REVISION, sha256] = parts
  const isSafe = repository.split('/').every(isRepositoryPart) && [file, revision].every(isRelative)
  return isSafe ? { repository, file, revision, sha256: sha256?.toLowerCase() } : undefined
}

/** Whether `part` can be the name of a user or of a repository: the hub allows no others. */
function isRepositoryPart(part: string): boolean {
  return /^[\w.-]+$/.test(part) && !/^[.-]|[.-]$|--|\.\./.test(part)
}

/** Whether `path` stays below the folder to which it is relative, also as the name of a file in the cache. */
function isRelative(path: string): boolean {
  return !/[\\\p{Cc}]/u.test(path) && path.split('/').every(part => !['', '.', '..'].includes(part))
}
