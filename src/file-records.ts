import { Listener } from './events.js'
import { records } from './job.js'
import type { Checked } from './options/validate.js'
import type { PathPieces } from './paths.js'
import type { EmbedRecord, TagEvent, TagRecord } from './records/index.js'

/** The kinds of records that are events of the whole job. */
const events: ReadonlySet<string> = new Set(['start', 'progress', 'warning', 'done'])

/** The records of the job `verb`, one per file; its events are passed to the listener. */
export async function* fileRecords<Result extends TagRecord | EmbedRecord>(
  verb: 'tag' | 'embed',
  list: PathPieces,
  { request, model, named, signal, onEvent }: Checked<TagEvent>,
): AsyncGenerator<Result, void, void> {
  const listener = new Listener<TagEvent>(onEvent)
  const isEvent = (record: Result | TagEvent): record is TagEvent => events.has(record.type)
  const paths = list(request['filesFrom'] !== undefined)
  for await (const record of records<Result | TagEvent>(verb, { request, model, named, paths, signal }, listener)) {
    if (isEvent(record)) listener.tell(record)
    else yield record
  }
  await listener.settled(signal)
}
