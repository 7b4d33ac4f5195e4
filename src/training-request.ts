/** A request as training reads it: what is not limited is left out. */
export function trainingRequest({
  segments,
  ...rest
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...rest, ...(segments !== undefined && segments !== 'all' && { segments }) }
}

/** A request as evaluation reads it: all parts together are null. "all" segments are a choice: the training may have had fewer. */
export function evaluationRequest({
  part,
  ...rest
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...rest, ...(part !== undefined && { part: part === 'all' ? null : part }) }
}
