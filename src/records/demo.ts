/** Records of `demo`. */

import type { Metrics } from './evaluate.js'
import type { TagResult } from './tag.js'
import type { TrainDone, TrainEvent } from './train.js'

/** The demo is complete. */
export interface DemoDone {
  readonly type: 'done'
  /** The folder of everything. */
  readonly out: string
  /** The list of the clips with their tags. */
  readonly manifest: string
  /** The run folder. */
  readonly run: string
  /** The model file. */
  readonly model: string
  /** The file that was in no part, and what is in it. */
  readonly unseen: string
  readonly unseenTags: readonly string[]
  /** On clips it never heard. */
  readonly test: Metrics
  readonly seconds: number
}

/** What `demo` tells. */
export type DemoEvent = Exclude<TrainEvent, TrainDone> | TagResult | DemoDone
