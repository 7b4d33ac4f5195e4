import { learn as work } from '../../src/learn.js'
import type { LearnOptions } from '../../src/options/interfaces.js'
import { learn as verb } from '../../src/options/learn.js'
import type { LearnDone, LearnEvent, LearnTag, LibrarySummary } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { between, clock, count, metric, table } from '../format.js'
import type { Output } from '../output.js'
import { shown } from '../paths.js'
import type { Progress } from '../progress.js'
import { quoted } from '../shell.js'
import { showTraining } from '../training.js'

/** The label and the unit of each phase. */
const PHASES: Readonly<Record<string, readonly [label: string, unit: string]>> = {
  library: ['reading tags', 'files'],
  content: ['recognising songs', 'songs'],
  features: ['listening', 'songs'],
  head: ['learning', 'steps'],
  fineTuning: ['fine-tuning', 'steps'],
}

/** Largest number of tags, contradictions and withheld tags that are printed. */
const MOST = 50

/** Shows one event on `progress`; `single` tells whether the task is single-label. */
function show(
  event: Exclude<LearnEvent, { type: 'done' | 'library' | 'tag' }>,
  single: boolean,
  progress: Progress,
): void {
  switch (event.type) {
    case 'start':
      progress.line(
        `${count(event.songs)} songs in ${count(event.groups.groups)} groups, ${event.tags} tags to learn, ` +
          `${count(event.cached)} songs listened to before, ${event.duplicates} copies left out, ` +
          `${event.folds} parts`,
      )
      break
    case 'progress': {
      const [label, unit] = PHASES[event.phase] ?? [event.phase, 'units']
      const note = event.failed > 0 ? `${event.failed} unusable` : ''
      progress.update({ label, done: event.done, total: event.total, unit, note })
      break
    }
    case 'failed':
      progress.line(`unusable: ${event.file}: ${event.error.message}`)
      break
    case 'fold':
      progress.line(
        `part ${event.fold} of ${event.folds}  ROC-AUC ${metric(event.rocAuc)}  PR-AUC ${metric(event.prAuc)}  ` +
          (event.accuracy === null ? '' : `accuracy ${metric(event.accuracy)}  `) +
          `${event.head}  ${clock(event.seconds)}`,
      )
      break
    case 'fineTuning':
      progress.line(
        `fine-tuning ${event.depth}: ${single ? 'accuracy' : 'ROC-AUC'} ${event.tuned.toFixed(4)} instead of ${event.head.toFixed(4)} on ` +
          `${event.songs} held-out songs, difference ${between(event.interval)}: ` +
          (event.kept ? 'kept' : 'not measurably better, not kept'),
      )
      break
    default:
      showTraining(event, progress)
  }
}

/** What was found in the library. */
function showLibrary(found: LibrarySummary, output: Output): void {
  output.text(
    `${count(found.songs)} songs, ${count(found.tagged)} with tags; ${count(found.artists)} artists, ` +
      `${count(found.albums)} albums; ${count(found.withoutArtist)} songs without an artist`,
  )
  const rows = found.tags.slice(0, MOST).map(({ tag, songs, artists }) => [tag, count(songs), count(artists)])
  output.text('')
  for (const line of table([['tag', 'songs', 'artists'], ...rows], new Set([1, 2]))) output.text(line)
  if (found.oneTag > 0 && found.oneTag === found.tagged && found.tags.length > 1) {
    output.text('')
    output.text(
      'every song with tags has exactly one: if the tags exclude each other, learn with --task single-label, and the ' +
        'model chooses one tag for each song',
    )
  }
  if (found.tags.length > MOST) output.text(`... and ${count(found.tags.length - MOST)} more tags`)
  if (found.conflictCount > 0) {
    output.text('')
    output.text(`${count(found.conflictCount)} contradictions:`)
  }
  for (const { message } of found.conflicts.slice(0, MOST)) output.text(`  ${message}`)
  if (found.failedFiles > 0) {
    output.text('')
    output.text(`${count(found.failedFiles)} files could not be read:`)
  }
  // Each message names its file.
  for (const { message } of found.failed.slice(0, MOST)) output.text(`  ${message}`)
}

/** The result. */
function showResult(tags: readonly LearnTag[], done: LearnDone, output: Output): void {
  const kept = tags.filter(tag => tag.kept).sort((one, other) => (other.rocAuc ?? 0) - (one.rocAuc ?? 0))
  const rows = kept.map(tag => [
    tag.tag,
    String(tag.positives),
    metric(tag.rocAuc),
    between(tag.interval),
    metric(tag.prAuc),
    metric(tag.calibrationError),
  ])
  const head = ['tag', 'songs', 'ROC-AUC', '95 % interval', 'PR-AUC', 'calibration error']
  for (const line of table([head, ...rows], new Set([1, 2, 4, 5]))) output.text(line)
  const withheld = tags.filter(tag => !tag.kept).sort((one, other) => other.positives - one.positives)
  if (withheld.length > 0) output.text(`\n${withheld.length} tags are withheld:`)
  for (const { tag, reason } of withheld.slice(0, MOST)) output.text(`  ${tag}: ${reason}`)
  if (withheld.length > MOST) output.text(`  ... and ${withheld.length - MOST} more, in the report`)
  output.text('')
  output.text(
    `${count(done.songs)} songs, ${done.tags.length} tags: ROC-AUC ${metric(done.rocAuc)} ` +
      `(${between(done.interval)})  PR-AUC ${metric(done.prAuc)}  calibration error ${metric(done.calibrationError)}`,
  )
  if (done.accuracy !== null) {
    output.text(
      `accuracy ${metric(done.accuracy)} (${between(done.accuracyInterval)}): the share of songs whose highest score is ` +
        'that of their tag; the report shows which tags are taken for which',
    )
  }
  output.text(`labels that are likely wrong: ${done.suspects ?? 0}`)
}

/** `samplecnn learn`. */
export const learn: Command = {
  verb,
  operands: [0, Infinity],
  continuation: ({ dryRun }) => (dryRun === true ? 'never' : 'same-line'),
  async run({ options, operands, output, progress, signal }) {
    const given = options as unknown as LearnOptions
    const tags: LearnTag[] = []
    const done = await work({
      ...given,
      ...(operands.length > 0 ? { library: operands } : {}),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'tag') tags.push(event)
        else if (event.type === 'library') {
          if (given.dryRun === true) showLibrary(event, output)
        } else if (event.type !== 'done') show(event, given.task === 'single-label', progress)
      },
    })
    progress.clear()
    if (done.model === null || done.report === null || done.wrongLabels === null) return EXIT.ok
    showResult(tags, done, output)
    output.text(`model: ${shown(done.model)}`)
    output.text(`report: ${shown(done.report)}`)
    output.text(`labels to check: ${shown(done.wrongLabels)}`)
    output.text(`next: samplecnn tag song.mp3 -m ${quoted(shown(done.model))} --calibrated`)
    return EXIT.ok
  },
}
