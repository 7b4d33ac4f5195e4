import type { AudioInput } from './audio-input.js'
import { coded } from './error.js'
import { audio } from './input.js'
import { native } from './native.js'
import type { DecodeOptions } from './options/interfaces.js'
import { decode as verb } from './options/model.js'
import { validate } from './options/validate.js'
import { cancellable } from './signals.js'

/** Decoded audio. */
export interface Decoded {
  /** Mono, -1..1; decoders may reach a little beyond. */
  readonly samples: Float32Array
  /** Hz of the samples. */
  readonly samplingRate: number
  /** Seconds. */
  readonly duration: number
  /** Packets that were damaged and left out. */
  readonly damagedPackets: number
  /** What decoded it. */
  readonly decoder: string
}

/**
 * Decodes audio to mono samples, as `tag` hears them: a path, a `file:` URL, or the content of a file as bytes, as a Blob or as a
 * stream of bytes. All samples are in memory at once, 4 bytes each.
 *
 * @throws {SampleCnnError} The codes that a `failed` record of `tag` would have; `ERR_TOO_LARGE` for more than `maxBytes`, and for
 * more than 2 GiB of samples; `ERR_INVALID_OPTION`. What a stream fails with is thrown as it is.
 * @example
 * ```ts
 * const { samples, samplingRate } = await decode('song.mp3', { samplingRate: 22050 })
 * ```
 */
export async function decode(input: AudioInput, options: DecodeOptions = {}): Promise<Decoded> {
  const { request, signal } = validate<never>(verb, options)
  const { maxBytes, samplingRate = 0 } = request as { maxBytes: number; samplingRate?: number }
  const source = await audio('decode: input', input, maxBytes, signal)
  const { NativeCancel, decodeBytes, decodeFile } = native()
  const cancel = new NativeCancel()
  const decoded = (): Promise<Decoded> =>
    coded(() =>
      'path' in source
        ? decodeFile(source.path, samplingRate, cancel)
        : decodeBytes(source.name, source.bytes, samplingRate, cancel),
    )
  return await cancellable(signal, () => cancel.cancel(), decoded)
}
