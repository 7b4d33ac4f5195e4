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
  /** Mono samples in -1..1; some decoders slightly exceed this range. */
  readonly samples: Float32Array
  /** Sampling rate of the samples in Hz. */
  readonly samplingRate: number
  /** Duration in seconds. */
  readonly duration: number
  /** Number of packets that were damaged and left out. */
  readonly damagedPackets: number
  /** The decoder. */
  readonly decoder: string
}

/**
 * Decodes audio to the mono samples that `tag` uses. The input is a path, a `file:` URL, or the content of a file as
 * bytes, as a Blob or as a stream of bytes. All samples are in memory at once, 4 bytes each.
 *
 * @throws {SampleCnnError} The codes of a `failed` record of `tag`; `ERR_TOO_LARGE` for input of more than `maxBytes`,
 * and for more than 2 GiB of samples; `ERR_INVALID_OPTION`. An error of a stream is thrown unchanged.
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
