/** Divides long work into turns of the event loop. */

/** Lets the event loop run before the work continues. */
export async function breathe(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}

/** Bytes that are copied in one turn of the event loop: this takes about a millisecond. */
export const turnBytes = 1 << 21
