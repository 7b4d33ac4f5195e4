/** One convolution with its norm and pool, one dense layer, or the spectrogram. */
export interface LayerRow {
  readonly name: string
  readonly kind: 'conv' | 'dense' | 'mel'
  readonly kernel: number
  readonly stride: number
  /** Window of the max pool that follows; 1 for none. */
  readonly pool: number
  /** Output length, after the pool. */
  readonly length: number
  /** Output length before the pool. */
  readonly convLength: number
  readonly channels: number
  /** Gamma and beta counted, running statistics not. */
  readonly parameters: number
  /** Weights and biases alone, as the paper's Table 1 lists them. */
  readonly parametersWithoutNorm: number
  /** Samples. */
  readonly receptiveField: number
  /** Operations of one segment's forward pass, 2 per multiply-add. */
  readonly flops: number
}

/** The result of `inspect`. */
export interface Inspection {
  readonly type: 'architecture'
  readonly name: string
  readonly samplingRate: number
  readonly inputLength: number
  readonly parameters: number
  /** Weights and biases alone. */
  readonly parametersWithoutNorm: number
  readonly flops: number
  readonly layers: readonly LayerRow[]
  /** Null for a preset. */
  readonly tags: readonly string[] | null
}
