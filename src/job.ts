/** Long jobs: records are pulled from the addon; a signal or leaving the loop cancels the job. */

import type { Job } from '#native'

import { fromNative, SampleCnnError } from './error.js'
import { Listener } from './events.js'
import { modelFile } from './model-sources/resolve.js'
import { partsOf } from './models.js'
import { native } from './native.js'
import type { Checked } from './options/validate.js'
import type { ModelEvent } from './records/index.js'
import { linked, throwIfAborted, untilAborted } from './signals.js'

/** The description of a job. Every key is present: a missing key would be looked up on the prototype. */
export interface JobOrder {
  readonly request: Readonly<Record<string, unknown>>
  /** A Model that is used instead of the model file in the request. */
  readonly model: object | undefined
  /** The options in the request whose values are paths or names of models. */
  readonly named: readonly string[]
  /** Pieces of the list of paths, in the format of the addon. */
  readonly paths: AsyncIterable<Uint8Array> | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Starts the job `kind` and yields its records. The job stops when the loop is left, when `signal` aborts and when
 * `listener` has failed; in the latter two cases the loop throws the reason at the next record. The signal is observed
 * only while a record is awaited, so that an abandoned loop does not keep a reference to the signal.
 */
export async function* records<Record extends { readonly type: string }>(
  kind: string,
  order: JobOrder,
  listener: Listener<ModelEvent>,
): AsyncGenerator<Record, void, void> {
  const { signal } = order
  throwIfAborted(signal)
  const job = await start(kind, { ...order, request: await withFiles(order, listener) })
  const cancel = (): void => job.cancel()
  listener.stop = cancel
  try {
    for (;;) {
      const batch = await listening(signal, cancel, job, listener)
      throwIfAborted(signal)
      listener.check()
      if (batch === null) return
      for (const json of batch) {
        throwIfAborted(signal)
        listener.check()
        yield JSON.parse(json) as Record
      }
    }
  } finally {
    job.cancel()
    await ended(job)
  }
}

/** Runs the job `kind` to its end: passes every record to `onEvent` and returns the last one, which is the result. */
export async function outcome<Record extends { readonly type: string }, Last extends Record>(
  kind: string,
  { request, model, named, signal, onEvent }: Checked<Record>,
): Promise<Last> {
  const listener = new Listener<Record>(onEvent)
  let last: Record | undefined
  const order = { request, model, named, paths: undefined, signal }
  // The events of a verb that takes a model include those of finding it.
  const finding = listener as unknown as Listener<ModelEvent>
  for await (const record of records<Record>(kind, order, finding)) {
    last = record
    listener.tell(record)
  }
  await listener.settled(signal)
  if (last === undefined) throw new SampleCnnError('ERR_INTERNAL', `${kind} ended without a result`)
  return last as Last
}

/** The request, in which the names of models are replaced by their files; a model of the hub is downloaded. */
async function withFiles(
  { request, named, signal }: JobOrder,
  listener: Listener<ModelEvent>,
): Promise<JobOrder['request']> {
  const files: Record<string, unknown> = Object.assign(Object.create(null) as object, request)
  const stop = linked(signal)
  listener.stop = () => stop.controller.abort()
  const watch = { signal: stop.controller.signal, onEvent: (event: ModelEvent) => listener.tell(event) }
  try {
    for (const name of named) {
      const value = request[name]
      if (typeof value === 'string') files[name] = await modelFile(value, watch)
      else if (Array.isArray(value)) {
        const list: string[] = []
        for (const each of value as readonly string[]) list.push(await modelFile(each, watch))
        files[name] = list
      }
    }
    return files
  } catch (thrown) {
    // A promise of the callback was rejected, which stopped the download.
    if (signal?.aborted !== true && stop.controller.signal.aborted) listener.check()
    throw thrown
  } finally {
    stop.release()
  }
}

/** The next records. Throws a SampleCnnError for an error of the addon, or the reason why the job was stopped. */
async function listening(
  signal: AbortSignal | undefined,
  cancel: () => void,
  job: Job,
  listener: Listener<ModelEvent>,
): Promise<string[] | null> {
  signal?.addEventListener('abort', cancel)
  try {
    return await job.next()
  } catch (thrown) {
    const error = fromNative(thrown)
    if (error.code === 'ERR_ABORTED') {
      throwIfAborted(signal)
      listener.check()
    }
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

async function start(kind: string, { request, model, paths, signal }: JobOrder): Promise<Job> {
  try {
    const job = new (native().JobRequest)(kind, JSON.stringify(request))
    if (model !== undefined) job.useModel(partsOf(model).native)
    if (paths !== undefined) {
      for await (const piece of untilAborted(paths, signal)) job.addPaths(piece)
      throwIfAborted(signal)
    }
    return job.start()
  } catch (thrown) {
    throwIfAborted(signal)
    throw thrown instanceof Error && thrown.message.startsWith('{') ? fromNative(thrown) : thrown
  }
}

/** Waits until a cancelled job has closed its files. */
async function ended(job: Job): Promise<void> {
  try {
    while ((await job.next()) !== null);
  } catch {
    // The job was stopped: its outcome does not matter any longer.
  }
}
