/** A network as a value. `architecture` options take one, or a preset's name such as `3^9`. */
export interface Architecture {
  /** Hz of the waveform the network hears. */
  readonly samplingRate: number
  /** Samples of one segment, the network's input. */
  readonly inputLength: number
  /** The first layer; absent where the first block takes the waveform itself. */
  readonly stem?: Stem
  /** The side on which an even kernel pads one more zero. Default: `right`. */
  readonly same?: 'left' | 'right'
  /** Normalisation of every convolution. */
  readonly norm?: Norm
  /** The modules, bottom to top. */
  readonly blocks: readonly Block[]
  /** What turns the last blocks into scores. */
  readonly head: Head
}

/** The first layer: a strided convolution with norm and ReLU, or a mel spectrogram. */
export type Stem = ConvStem | MelStem

/** A strided convolution. */
export interface ConvStem {
  /** Default: `conv`. */
  readonly kind?: 'conv'
  /** Filter length in samples. */
  readonly kernel: number
  /** Hop in samples. */
  readonly stride: number
  /** Filters. */
  readonly channels: number
  /** Zeros before and after the segment. Default: none. */
  readonly padding?: readonly [left: number, right: number]
  /** Whether the convolution has a bias. Default: true. */
  readonly bias?: boolean
  readonly fft?: undefined
}

/** A mel spectrogram. */
export interface MelStem {
  readonly kind: 'mel'
  /** Window length in samples. */
  readonly kernel: number
  /** Hop in samples. */
  readonly stride: number
  /** Mel bands. */
  readonly channels: number
  /** FFT size, at least the window. */
  readonly fft: number
  readonly padding?: readonly [left: 0, right: 0]
  readonly bias?: boolean
}

/** Normalisation. */
export interface Norm {
  /** By the batch, or not at all. Default: `batch`. */
  readonly kind?: 'batch' | 'none'
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
  /** Weight of the new batch in the running statistics. Default: 0.01. */
  readonly momentum?: number
}

/** A module: convolutions with norm and ReLU, then a max pool; `se` with excitation, `res` with a shortcut. */
export type Block = BasicBlock | SeBlock | ResBlock

/** What modules of all kinds have. */
interface AnyBlock {
  /** Filter length of its convolutions. */
  readonly kernel: number
  /** Window and stride of the max pool at its end; 1 for none. */
  readonly pool: number
  /** Output channels. */
  readonly channels: number
  /** Convolutions in a row. Default: 1. */
  readonly convs?: 1 | 2
  /** Stride of the first convolution. Default: 1. */
  readonly stride?: number
  /** Implicit padding of the pool. Default: 0. */
  readonly poolPadding?: number
  /** Whether its convolutions have biases. Default: true. */
  readonly bias?: boolean
  /** Dropout rate. Default: 0. */
  readonly dropout?: number
}

/** A module without excitation or shortcut. */
export interface BasicBlock extends AnyBlock {
  readonly kind: 'basic'
  readonly excite?: undefined
  readonly shortcutKernel?: undefined
}

/** A module with excitation. */
export interface SeBlock extends AnyBlock {
  readonly kind: 'se'
  /** Hidden width of the excitation as a multiple of `channels`. */
  readonly excite: number
  readonly shortcutKernel?: undefined
}

/** A module with a shortcut. */
export interface ResBlock extends AnyBlock {
  readonly kind: 'res'
  /** Hidden width of the excitation as a multiple of `channels`; absent for none. */
  readonly excite?: number
  /** Filter length of the shortcut. Default: 1. */
  readonly shortcutKernel?: number
}

/** What turns blocks into scores. */
export type Head = ConvHead | DenseHead

/** What heads of both kinds have. */
interface AnyHead {
  /** Width of the hidden layer; 0: that of its input. */
  readonly channels?: number
  /** Dropout rate. Default: 0.5. */
  readonly dropout?: number
}

/** A convolution over what is left of a segment, which must be of length 1. */
export interface ConvHead extends AnyHead {
  readonly kind: 'conv'
  /** Filter length. Default: 1. */
  readonly kernel?: number
  readonly levels?: 1
  readonly pooling?: 'max'
  readonly norm?: true
}

/** A dense layer over the last blocks, pooled over time. */
export interface DenseHead extends AnyHead {
  readonly kind: 'dense'
  /** How many of the last blocks it sees. Default: 1. */
  readonly levels?: number
  /** How it pools over time. Default: `max`. */
  readonly pooling?: 'max' | 'maxmean'
  /** Whether its hidden layer is normalised. Default: true. */
  readonly norm?: boolean
  readonly kernel?: 1
}
