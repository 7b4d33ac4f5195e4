/** A request as training and evaluation read it: what is not limited is left out, and all parts together are null. */
export function trainingRequest(request: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { segments, part, ...rest } = request
  return {
    ...rest,
    ...(segments !== undefined && segments !== 'all' && { segments }),
    ...(part !== undefined && { part: part === 'all' ? null : part }),
  }
}
