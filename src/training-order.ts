import type { Checked } from './options/validate.js'

/** What training and evaluation are asked, as they read it: what is not limited is left out, and all parts together are null. */
export function trainingOrder<Event>(checked: Checked<Event>): Checked<Event> {
  const { segments, part, ...rest } = checked.request
  return {
    ...checked,
    request: {
      ...rest,
      ...(segments !== undefined && segments !== 'all' && { segments }),
      ...(part !== undefined && { part: part === 'all' ? null : part }),
    },
  }
}
