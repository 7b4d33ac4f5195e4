/** Model packages: npm packages with a model file, whose manifest has the field `samplecnn: { model, sha256 }`. */

import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, parse, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { SampleCnnError } from '../error.js'
import { isObject } from '../options/object.js'
import { workingDirectoryIfAny } from '../path.js'
import { hashOfFile } from './hash.js'

/** An installed model package. */
export interface ModelPackage {
  readonly name: string
  readonly version: string | null
  readonly licence: string | null
  /** Absolute path of the model file. */
  readonly file: string
  /** The SHA-256 that the model file must have. */
  readonly sha256: string
}

/**
 * The model file of the package `name`, which is looked up first for the working directory and then beside this
 * package. The hash of the file is checked.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND` if the package is not installed or is not a model package;
 * `ERR_MODEL_FORMAT` if its manifest is wrong; `ERR_MODEL_HASH`.
 */
export function packagedModel(name: string): string {
  const folder = folderOf(name, packagePlaces())
  if (folder !== undefined) return verified(readPackage(folder))
  const here = workingDirectoryIfAny()
  const file = here === undefined ? name : join(here, name)
  throw new SampleCnnError(
    'ERR_MODEL_NOT_FOUND',
    `there is no model file ${file}, and no package "${name}" is installed: ` +
      `give the path of a model file, or install the model package with: npm install ${name}`,
  )
}

/** The folders from which packages are looked up: the working directory, then the place of this package. */
export function packagePlaces(): readonly string[] {
  const here = workingDirectoryIfAny()
  return [...(here === undefined ? [] : [here]), dirname(fileURLToPath(import.meta.url))]
}

/** The folder of the installed package `name`, for the first of `places` that has one. */
export function folderOf(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    const found = resolved(name, place) ?? above(name, place)
    if (found !== undefined) return found
  }
  return undefined
}

/** The folder of `name` as Node finds it, also with the loaders of yarn and pnpm. */
function resolved(name: string, place: string): string | undefined {
  try {
    return dirname(createRequire(join(place, 'package.json')).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

/** The folder of `name` in the nearest `node_modules`: Node does not resolve a manifest that `exports` leaves out. */
function above(name: string, place: string): string | undefined {
  for (let folder = place; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (statSync(join(found, 'package.json'), { throwIfNoEntry: false })?.isFile()) return found
    if (folder === parse(folder).root) return undefined
  }
}

/**
 * Reads the manifest of the model package in `folder`.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`.
 */
export function readPackage(folder: string): ModelPackage {
  const path = join(folder, 'package.json')
  const manifest = readManifest(path)
  const { name, version, license, samplecnn } = manifest
  const shown = typeof name === 'string' ? name : folder
  if (samplecnn === undefined) {
    const what = `the package ${shown} is not a model package: ${path} has no field "samplecnn"`
    throw new SampleCnnError('ERR_MODEL_NOT_FOUND', `${what}; give a model file or another package`, { file: path })
  }
  const { model, sha256 } = isObject(samplecnn) ? samplecnn : {}
  if (typeof model !== 'string' || !isInside(model) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    const expected = '{ "model": "FILE IN THE PACKAGE", "sha256": "64 HEXADECIMAL DIGITS" }'
    const received = JSON.stringify(samplecnn)
    throw new SampleCnnError(
      'ERR_MODEL_FORMAT',
      `${path}: the field "samplecnn" must be ${expected}, received ${received}: report it to the maker of ${shown}`,
      { file: path },
    )
  }
  return {
    name: shown,
    version: typeof version === 'string' ? version : null,
    licence: typeof license === 'string' ? license : null,
    file: join(folder, model),
    sha256,
  }
}

/**
 * The model file of `found`, if its hash is the stated one.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_HASH`.
 */
export function verified(found: ModelPackage): string {
  const { name, file, sha256 } = found
  const folder = dirname(file)
  const again = folder.includes(`${sep}node_modules${sep}`)
    ? `delete ${folder} and install it again with: npm install ${name}`
    : `restore this file of the work tree`
  const hash = hashOfFile(file)
  if (hash === undefined) {
    const message = `the package ${name} has no file ${file}, which its package.json names: ${again}`
    throw new SampleCnnError('ERR_MODEL_NOT_FOUND', message, { file })
  }
  if (hash === sha256) return file
  throw new SampleCnnError(
    'ERR_MODEL_HASH',
    `${file}: the SHA-256 is ${hash}, but the package ${name} states ${sha256}: the file was changed or damaged; ${again}`,
    { file },
  )
}

function readManifest(path: string): Readonly<Record<string, unknown>> {
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const message = `${path}: it cannot be read as JSON: ${(cause as Error).message}; install the package again`
    throw new SampleCnnError('ERR_MODEL_FORMAT', message, { cause, file: path })
  }
  return isObject(manifest) ? manifest : {}
}

/** Whether the path `model` in a manifest stays in the package. */
function isInside(model: string): boolean {
  const whole = join('/', 'package', model)
  return model !== '' && !model.includes('\0') && whole.startsWith(`${sep}package${sep}`) && !model.startsWith('/')
}
