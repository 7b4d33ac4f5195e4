import { listCache, pruneCache } from '../../src/cache.js'
import type { PruneCacheOptions } from '../../src/options/interfaces.js'
import { listCache as listing, pruneCache as verb } from '../../src/options/cache.js'
import type { ListCacheDone, OlderCache, PruneCacheDone } from '../../src/records/index.js'
import type { Command, Context } from '../command.js'
import { EXIT } from '../exit.js'
import { clock, table } from '../format.js'
import type { Output } from '../output.js'
import { shown } from '../paths.js'
import { showTraining } from '../training.js'
import { UsageError } from '../usage.js'

/** `samplecnn cache list` and `samplecnn cache prune`. */
export const cache: Command = {
  verb,
  operands: [1, 1],
  async run(context) {
    const [action] = context.operands
    if (action === 'list') await list(context)
    else if (action === 'prune') await prune(context)
    else throw new UsageError(`cache: the actions are list and prune, received "${action ?? ''}"`)
    return EXIT.ok
  },
}

async function list({ options, output, progress, signal }: Context): Promise<void> {
  const foreign = Object.entries(options).find(([name, value]) => !(name in listing.options) && value !== false)
  if (foreign !== undefined) {
    throw new UsageError(`cache list: the option ${foreign[0]} belongs to cache prune; leave it out`)
  }
  const given = options['cache'] === undefined ? {} : { cache: options['cache'] as string }
  const done = await listCache({ ...given, signal })
  output.record(done)
  progress.clear()
  show(done, output)
}

function show(done: ListCacheDone, output: Output): void {
  output.text(`cache:  ${shown(done.cache)}`)
  const unused = done.rates.reduce((sum, rate) => sum + rate.unused, 0)
  const running = done.jobs === 0 ? '' : `, used by ${done.jobs} running job${done.jobs === 1 ? '' : 's'}`
  output.text(`${done.clips} clips, ${size(done.bytes)}${running}`)
  if (done.rates.length > 0) {
    const head = ['rate (Hz)', 'clips', 'audio', 'size', 'unusable', 'damaged', 'unused', 'days since the oldest use']
    const rows = done.rates.map(rate => [
      String(rate.samplingRate),
      String(rate.clips),
      clock(rate.duration),
      size(rate.bytes),
      String(rate.failed),
      String(rate.damaged),
      String(rate.unused),
      rate.daysUnused.toFixed(1),
    ])
    output.text('')
    for (const line of table([head, ...rows], new Set(head.keys()))) output.text(line)
  }
  if (unused > 0)
    output.text('unused: the file no longer exists or has changed; `cache prune --unused` removes the copy')
  showOlder(done.older, output, 'is no longer used; `cache prune` removes it')
}

async function prune({ options, output, progress, signal }: Context): Promise<void> {
  const done = await pruneCache({
    ...(options as unknown as PruneCacheOptions),
    signal,
    onEvent(event) {
      output.record(event)
      if (event.type === 'progress') showTraining(event, progress)
    },
  })
  progress.clear()
  showPruned(done, output)
}

function showPruned(done: PruneCacheDone, output: Output): void {
  const [would, were] = done.dryRun ? ['would be freed', 'would be removed'] : ['freed', 'removed']
  const damaged = done.damaged === 0 ? '' : ` (${done.damaged} damaged)`
  output.text(`${size(done.freed)} ${would}: ${done.removed} copies ${were}${damaged}`)
  const used = done.inUse === 0 ? '' : `, of which ${done.inUse} stay because a running job uses them`
  output.text(`${done.kept} copies are kept, ${size(done.keptBytes)}${used}`)
  showOlder(done.older, output, were)
  output.text(`cache:  ${shown(done.cache)}`)
}

function showOlder(older: readonly OlderCache[], output: Output, what: string): void {
  for (const { folder, bytes } of older) output.text(`earlier version: ${shown(folder)}, ${size(bytes)}, ${what}`)
}

/** A number of bytes for people. */
function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
