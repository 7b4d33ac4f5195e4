import { fromNative } from './error.js'
import { glibcVersion } from './libc.js'
import { describeDefaultModel } from './model-sources/default.js'
import { native } from './native.js'
import type { Diagnosis } from './records/index.js'

/**
 * Reports what this machine and this build can do: version, platform, processor, CUDA (with the reason if it is not
 * available), decoders, and the default model with its version, licence and hash.
 *
 * @throws {SampleCnnError} `ERR_NATIVE_LOAD`.
 */
export function doctor(): Diagnosis {
  try {
    const platform = `${process.platform}-${process.arch}`
    return JSON.parse(
      native().doctor(process.version, platform, libc(), JSON.stringify(describeDefaultModel())),
    ) as Diagnosis
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** The C library of this process; null on systems with a single C library. */
function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const version = glibcVersion()
  return version === undefined ? 'musl' : `glibc ${version}`
}
