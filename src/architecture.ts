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
export interface Stem {
  /** Default: `conv`. */
  readonly kind?: 'conv' | 'mel'
  /** Filter length in samples; window length of a spectrogram. */
  readonly kernel: number
  /** Hop in samples. */
  readonly stride: number
  /** Filters, or mel bands. */
  readonly channels: number
  /** Zeros before and after the segment. Default: none. */
  readonly padding?: readonly [left: number, right: number]
  /** Whether the convolution has a bias. Default: true. */
  readonly bias?: boolean
  /** FFT size of a spectrogram. */
  readonly fft?: number
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
export interface Block {
  readonly kind: 'basic' | 'se' | 'res'
  /** Filter length of its convolutions. */
  readonly kernel: number
  /** Window and stride of the max pool at its end; 1 for none. */
  readonly pool: number
  /** Output channels. */
  readonly channels: number
  /** Convolutions in a row, 1 or 2. Default: 1. */
  readonly convs?: number
  /** Hidden width of the excitation as a multiple of `channels`; absent for none. */
  readonly excite?: number
  /** Stride of the first convolution. Default: 1. */
  readonly stride?: number
  /** Implicit padding of the pool. Default: 0. */
  readonly poolPadding?: number
  /** Whether its convolutions have biases. Default: true. */
  readonly bias?: boolean
  /** Dropout rate. Default: 0. */
  readonly dropout?: number
  /** Filter length of a residual block's shortcut. Default: 1. */
  readonly shortcutKernel?: number
}

/** What turns blocks into scores. */
export interface Head {
  readonly kind: 'conv' | 'dense'
  /** Width of the hidden layer; 0: that of its input. */
  readonly channels?: number
  /** Filter length of the convolutional head. Default: 1. */
  readonly kernel?: number
  /** How many of the last blocks a dense head sees. Default: 1. */
  readonly levels?: number
  /** Dropout rate. Default: 0.5. */
  readonly dropout?: number
  /** How a dense head pools over time. Default: `max`. */
  readonly pooling?: 'max' | 'maxmean'
  /** Whether the hidden layer of a dense head is normalised. Default: true. */
  readonly norm?: boolean
}
