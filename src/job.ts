/** Long jobs: records pulled from the addon, cancelled by a signal or by leaving the loop. */

import type { Job } from '#native'

import { fromNative, SampleCnnError } from './error.js'
import { native } from './native.js'

/**
 * Starts the job `kind` and yields its records. It stops when the loop is left and when `signal` aborts; then the loop throws
 * the signal's reason.
 */
export async function* records<Record extends { readonly type: string }>(
  kind: string,
  request: Readonly<{ [option: string]: unknown }>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Record, void, void> {
  signal?.throwIfAborted()
  const job = startJob(kind, JSON.stringify(request))
  const cancel = (): void => job.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for (let batch = await job.next(); batch !== null; batch = await job.next()) {
      for (const json of batch) yield JSON.parse(json) as Record
    }
  } catch (thrown) {
    const error = fromNative(thrown)
    if (signal?.aborted && error.code === 'ERR_ABORTED') throw signal.reason
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
    job.cancel()
    await ended(job)
  }
}

/** Runs the job `kind` to its end: hands every record to `onRecord` and returns the last, which is its result. */
export async function outcome<Record extends { readonly type: string }, Last extends Record>(
  kind: string,
  request: Readonly<{ [option: string]: unknown }>,
  signal: AbortSignal | undefined,
  onRecord: ((record: Record) => void) | undefined,
): Promise<Last> {
  let last: Record | undefined
  for await (const record of records<Record>(kind, request, signal)) {
    last = record
    onRecord?.(record)
  }
  if (last === undefined) throw new SampleCnnError('ERR_INTERNAL', `${kind} ended without a result`)
  return last as Last
}

function startJob(kind: string, options: string): Job {
  try {
    return native().start(kind, options)
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** Waits until a cancelled job has let go of its files. */
async function ended(job: Job): Promise<void> {
  try {
    while ((await job.next()) !== null);
  } catch {
    // It was told to stop: how it ended does not matter any more.
  }
}
