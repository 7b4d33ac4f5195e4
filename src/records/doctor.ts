/** The record of `doctor`. */

import type { ErrorCode } from '../codes.js'

/** The result of `doctor`. */
export interface Diagnosis {
  readonly type: 'doctor'
  readonly version: string
  readonly node: string
  readonly platform: string
  /** `glibc` with its version, or `musl`; null on other systems. */
  readonly libc: string | null
  readonly cpu: {
    readonly level: string
    readonly features: readonly string[]
    readonly threads: number
    /** The instructions that each precision of the CPU runs on. */
    readonly precisions: Readonly<Record<'f32' | 'fixed14' | 'int8', string>>
  }
  readonly cuda: {
    /** Whether this build has CUDA. */
    readonly compiled: boolean
    readonly available: boolean
    readonly code: ErrorCode | null
    readonly reason: string | null
    readonly devices: readonly string[]
    /** What of a GPU each of its precisions runs on. */
    readonly precisions: Readonly<Record<'f32' | 'tf32' | 'bf16', string>>
  }
  readonly decoders: readonly string[]
}
