/** Records of `prepare`. */

import type { PhaseProgress, TrainWarning } from './train.js'

/** A data set is prepared. */
export interface PrepareDone {
  readonly type: 'done'
  /** The cache's folder. */
  readonly cache: string
  /** Clips of the data set. */
  readonly clips: number
  /** Clips that can be used. */
  readonly usable: number
  /** Clips decoded by this call; the others were there. */
  readonly decoded: number
  /** Clips that cannot be used. */
  readonly failed: number
  /** Clips whose files could not be read just now: the same call tries them again. They are not among the failed. */
  readonly unread: number
  /** Clips that are used although parts of them are damaged. */
  readonly partial: number
  /** The report of the last two. */
  readonly report: string
  /** Seconds of audio that can be used. */
  readonly duration: number
  /** What a mel network standardises the training part by, in units of log(1 + 10 |A|); null for other networks. */
  readonly mel: { readonly mean: number; readonly deviation: number } | null
  readonly seconds: number
}

/** What `prepare` tells. */
export type PrepareEvent = PhaseProgress | TrainWarning | PrepareDone
