/** How long work of ours is cut into turns of the event loop. */

/** Lets the event loop run before more is done. */
export async function breathe(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}

/** Bytes that are copied in one turn: about a millisecond. */
export const turnBytes = 1 << 21
