/** Audio in memory, as an argument of the model's methods. */

import { types } from 'node:util'

import type { NativeSamples } from '#native'

import { breathe, turnBytes } from './breathe.js'
import { SampleCnnError } from './error.js'
import { native } from './native.js'
import { show } from './options/validate.js'
import { throwIfAborted } from './signals.js'

const detached = 'the samples were detached or resized before they were copied: keep them until the promise is settled'

/**
 * Refuses arguments of the method `name` that are not samples. Arrays of another realm (a Jest environment, a vm
 * context) are accepted.
 */
export function checkSamples(name: string, samples: unknown): void {
  if (!types.isFloat32Array(samples)) {
    const message = `${name}: samples must be a Float32Array, received ${show(samples)}`
    throw new SampleCnnError('ERR_INVALID_OPTION', message)
  }
  if (samples.length === 0 && isDetached(samples.buffer)) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `${name}: ${detached}`)
  }
}

/**
 * Copies samples to the addon. Samples of one slice are copied before the call returns, more samples slice by slice;
 * `check` is called between the slices, and throws if the model is disposed.
 */
export function copySamples(
  name: string,
  samples: Float32Array,
  signal: AbortSignal | undefined,
  check: () => void,
): NativeSamples | Promise<NativeSamples> {
  const held = new (native().NativeSamples)()
  const turn = turnBytes / samples.BYTES_PER_ELEMENT
  if (samples.length > turn) return copySlices(name, samples, held, turn, signal, check)
  push(held, samples)
  return held
}

async function copySlices(
  name: string,
  samples: Float32Array,
  held: NativeSamples,
  turn: number,
  signal: AbortSignal | undefined,
  check: () => void,
): Promise<NativeSamples> {
  const { length } = samples
  try {
    for (let start = 0; start < length; start += turn) {
      if (start > 0) {
        await breathe()
        throwIfAborted(signal)
        check()
        if (samples.length !== length) throw new SampleCnnError('ERR_INVALID_OPTION', `${name}: ${detached}`)
      }
      // Not subarray(): a subclass may make something else of it.
      const offset = samples.byteOffset + start * samples.BYTES_PER_ELEMENT
      push(held, new Float32Array(samples.buffer, offset, Math.min(turn, length - start)))
    }
  } catch (thrown) {
    // Free the memory at once: V8 does not know how large it is and would keep the object for a long time.
    held.clear()
    throw thrown
  }
  return held
}

function push(held: NativeSamples, slice: Float32Array): void {
  if (slice.length > 0) held.push(isShared(slice.buffer) ? new Float32Array(slice) : slice)
}

/**
 * Whether the memory of `buffer` was transferred. Node 20 cannot report it, but refuses to create a view of such a
 * buffer.
 */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length < 0
  } catch {
    return true
  }
}

/** Whether other threads may write to `buffer`, so that the addon must receive a copy. */
function isShared(buffer: ArrayBufferLike): boolean {
  return types.isSharedArrayBuffer(buffer)
}
