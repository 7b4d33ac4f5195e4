import { outcome } from './job.js'
import { demo as verb } from './options/demo.js'
import type { DemoOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { DemoDone, DemoEvent } from './records/index.js'

/**
 * Generates a small labelled dataset of synthetic music, trains a small network on it, evaluates the network and tags
 * an unseen file. The same seed gives the same music and the same scores.
 */
export async function demo(options: DemoOptions = {}): Promise<DemoDone> {
  return await outcome<DemoEvent, DemoDone>('demo', validate<DemoEvent>(verb, options))
}
