/** The only file that loads the addon. */

import { createRequire } from 'node:module'

import type * as Native from '#native'

import { SampleCnnError } from './error.js'
import { withoutNetwork } from './libc.js'
import { explainLoadFailure, thisMachine } from './load-failure.js'
import { version } from './version.js'

/** The exports of the addon. */
export type Addon = typeof Native

let addon: Addon | undefined
let failure: SampleCnnError | undefined

/**
 * The addon. It is loaded at the first call, so that `--help` and importing the package do not need it. A failure is
 * cached, because it cannot change while the process runs.
 *
 * @throws {SampleCnnError} `ERR_NATIVE_LOAD`; the message says what is wrong on this machine and what to do.
 */
export function native(): Addon {
  if (failure !== undefined) {
    throw new SampleCnnError(failure.code, failure.message, { cause: failure.cause })
  }
  try {
    addon ??= load()
  } catch (thrown) {
    if (thrown instanceof SampleCnnError) failure = thrown
    throw thrown
  }
  return addon
}

function load(): Addon {
  let loaded: Addon
  try {
    // Because of this name, tools that trace files (@vercel/nft, Next.js standalone) find the addon.
    const require = createRequire(import.meta.url)
    // The generated loader may use a diagnostic report to detect the C library.
    loaded = withoutNetwork(() => require('#native') as Addon)
  } catch (cause) {
    throw new SampleCnnError('ERR_NATIVE_LOAD', explainLoadFailure(cause, thisMachine()), { cause })
  }
  if (loaded.version() !== version) {
    throw new SampleCnnError(
      'ERR_NATIVE_LOAD',
      `samplecnn ${version} found an addon of version ${loaded.version()}: both must be from the same release. ` +
        'Delete node_modules and the lockfile entry of samplecnn and install again; in a checkout run `npm run build`.',
    )
  }
  return loaded
}
