/** Work that a signal may cancel. */

/** Whether `value` is an AbortSignal of this realm or another one. */
export function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>
  return typeof aborted === 'boolean' && [addEventListener, removeEventListener].every(f => typeof f === 'function')
}

/** A controller that aborts when `signal` aborts, with its reason; `release` stops listening to the signal. */
export function linked(signal: AbortSignal | undefined): { controller: AbortController; release: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  return { controller, release: () => signal?.removeEventListener('abort', abort) }
}

/** Throws the reason of a signal if it has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason
}

/**
 * Awaits `work`; when `signal` aborts, calls `cancel` and rejects with the reason at once. Listens to the signal only
 * until the work is settled.
 */
export async function cancellable<Result>(
  signal: AbortSignal | undefined,
  cancel: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return await work()
  throwIfAborted(signal)
  let aborted = (): void => {}
  try {
    return await new Promise<Result>((resolve, reject) => {
      aborted = () => {
        cancel()
        reject(signal.reason)
      }
      signal.addEventListener('abort', aborted)
      work().then(resolve, reject)
    })
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

/**
 * The items of `list`. When `signal` aborts, throws its reason at once, also while an item is awaited that may never
 * come; the list is then closed without waiting for it.
 */
export async function* untilAborted<Item>(
  list: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, void> {
  const iterator = list[Symbol.asyncIterator]()
  const nothing = (): void => {}
  let done = false
  try {
    for (;;) {
      const next = await cancellable(signal, nothing, () => iterator.next())
      if (next.done === true) break
      yield next.value
    }
    done = true
  } finally {
    if (!done) iterator.return?.().catch(nothing)
  }
}
