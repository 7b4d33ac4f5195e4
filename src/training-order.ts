import type { Checked } from './options/validate.js'

/** What training is asked, as it reads it: what is not limited is left out. */
export function trainingOrder<Event>(checked: Checked<Event>): Checked<Event> {
  const { segments, ...rest } = checked.request
  return { ...checked, request: { ...rest, ...(segments !== undefined && segments !== 'all' && { segments }) } }
}

/** What evaluation is asked: all parts together are null. "all" segments are a choice: the training may have had fewer. */
export function evaluationOrder<Event>(checked: Checked<Event>): Checked<Event> {
  const { part, ...rest } = checked.request
  return { ...checked, request: { ...rest, ...(part !== undefined && { part: part === 'all' ? null : part }) } }
}
