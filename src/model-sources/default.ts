/** The default model, which every verb uses where no model is given. */

import { createRequire } from 'node:module'
import { dirname } from 'node:path'

import { SampleCnnError } from '../error.js'
import type { Diagnosis } from '../records/index.js'
import { hashOfFile } from './hash.js'
import { defaultModel } from './name.js'
import { folderOf, type ModelPackage, packagePlaces, readPackage, verified } from './package.js'

/** The command that installs the default model. */
const INSTALL = `npm install ${defaultModel}`

/**
 * The file of the default model. `places` are folders from which the package is looked up, instead of this package and
 * the working directory.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_HASH`.
 */
export function defaultModelFile(places?: readonly string[]): string {
  return verified(installed(places))
}

/** Describes the default model for `doctor`; a model that cannot be used is described too. */
export function describeDefaultModel(places?: readonly string[]): Diagnosis['model'] {
  let found: ModelPackage | undefined
  try {
    found = installed(places)
    const { version, licence, file, sha256: stated } = found
    const facts = { package: defaultModel, version, licence, file, sha256: stated, stated }
    verified(found)
    return { ...facts, usable: true, problem: null }
  } catch (thrown) {
    const { message: problem } = thrown as Error
    const sha256 = found === undefined ? undefined : hashOfFile(found.file)
    return {
      package: defaultModel,
      version: found?.version ?? null,
      licence: found?.licence ?? null,
      file: sha256 === undefined ? null : found!.file,
      sha256: sha256 ?? null,
      stated: found?.sha256 ?? null,
      usable: false,
      problem,
    }
  }
}

/** The package: the dependency of this package, or else the one for the working directory. */
function installed(places: readonly string[] | undefined): ModelPackage {
  const folder =
    places === undefined
      ? (dependency() ?? folderOf(defaultModel, packagePlaces().toReversed()))
      : folderOf(defaultModel, places)
  if (folder !== undefined) return readPackage(folder)
  throw new SampleCnnError(
    'ERR_MODEL_NOT_FOUND',
    `the default model is not installed: install it with: ${INSTALL} (or name another model)`,
  )
}

/** The folder of the package that is a dependency of this one. */
function dependency(): string | undefined {
  try {
    // Because of this call, tools that trace files (@vercel/nft, Next.js standalone) find the model.
    const require = createRequire(import.meta.url)
    const { path } = require('samplecnn-model') as { readonly path: string }
    return dirname(path)
  } catch {
    return undefined
  }
}
