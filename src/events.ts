/** The `onEvent` of a caller. */

/**
 * Calls the function of a caller with every event. What it throws, or what its promise rejects with, becomes the failure of the
 * job, which is stopped as by a signal. The job's result waits for the promises that the function has returned.
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

  /** Hands over an event; throws what the function threw. */
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

  /** Throws what a promise was rejected with. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason
  }

  /** Waits for the promises, and throws what one was rejected with. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
    this.check()
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
