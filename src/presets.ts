/** Names of networks for the completion in editors: all names without numbers, and the best known other names. */
type Known =
  | '3^9'
  | '2^13'
  | '2^14'
  | '4^6'
  | '5^5'
  | '5^6'
  | '3^7'
  | '3^8'
  | '3^10'
  | '3^7/27'
  | '3^7@8000'
  | '3^9+standardise'
  | '3^9+signed-log'
  | 'rate:2000'
  | 'rate:4000'
  | 'rate:8000'
  | 'rate:12000'
  | 'rate:16000'
  | 'rate:20000'
  | 'rate:22050'
  | 'raw:9,3,3'
  | 'raw:5,729,243'
  | 'mel:4,729,729'
  | 'mel:5,729,243'
  | '2017:3^9'
  | Frame
  | `${Frame}-${'multi' | 'small'}`
  | `${Frame}-multi-small`
  | 'minzwon'
  | 'minzwon-se'
  | 'clmr'
  | 'kyungyunlee'
  | 'msd'
  | 'leenet11'
  | 'leenet24'

/** The frames of the second paper. */
type Frame = 'basic' | 'se' | 'res1' | 'res2' | 'rese1' | 'rese2'

/**
 * The name of a network. Other texts are also accepted if their numbers describe a network: `m^n`, `m^n/s`, `rate:R`,
 * `raw:n,window,hop`, `mel:n,window,hop`, with the prefix `2017:` for the channels of the first paper, the suffix
 * `@R` for a sampling rate, and the suffixes `+standardise` and `+signed-log` for a normalisation of the waveform.
 */
export type Preset = Known | (string & {})
