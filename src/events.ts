/** The `onEvent` callback of a caller. */

import { cancellable } from './signals.js'

/**
 * Calls the callback with every event. If it throws, or if its promise rejects, the job is stopped as by a signal and
 * fails with that error. The result of the job waits for the promises that the callback has returned.
 */
export class Listener<Event> {
  readonly #onEvent: ((event: Event) => unknown) | undefined
  readonly #pending = new Set<Promise<void>>()
  #failure: { readonly reason: unknown } | undefined
  /** Stops the job. */
  stop: () => void = () => {}

  constructor(onEvent: ((event: Event) => unknown) | undefined) {
    this.#onEvent = onEvent
  }

  /** Passes on an event; throws what the callback threw. */
  tell(event: Event): void {
    const returned = this.#onEvent?.(event)
    if (!isThenable(returned)) return
    const pending = Promise.resolve(returned)
      .then(
        () => {},
        (reason: unknown) => {
          this.#failure ??= { reason }
          this.stop()
        },
      )
      .finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  /** Throws the error with which a promise was rejected. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason
  }

  /**
   * Waits for the promises, and throws the error if one was rejected. When `signal` aborts, throws its reason at once:
   * a promise may never be settled.
   */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    const nothing = (): void => {}
    while (this.#pending.size > 0) await cancellable(signal, nothing, () => Promise.all(this.#pending))
    this.check()
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
