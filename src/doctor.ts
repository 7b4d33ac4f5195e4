import { fromNative } from './error.js'
import { glibcVersion } from './libc.js'
import { native } from './native.js'
import type { Diagnosis } from './records/index.js'

/**
 * What this machine and this build can do: version, platform, processor, CUDA with the reason where it cannot be had, decoders.
 *
 * @throws {SampleCnnError} `ERR_NATIVE_LOAD`.
 */
export function doctor(): Diagnosis {
  try {
    const { version, ...abilities } = JSON.parse(native().doctor()) as Omit<
      Diagnosis,
      'type' | 'node' | 'platform' | 'libc'
    >
    const platform = `${process.platform}-${process.arch}`
    return { type: 'doctor', version, node: process.version, platform, libc: libc(), ...abilities }
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** The C library of this process. */
function libc(): string | null {
  if (process.platform !== 'linux') return null
  const version = glibcVersion()
  return version === undefined ? 'musl' : `glibc ${version}`
}
