import type { VisualizeOptions } from '../../src/options/interfaces.js'
import { visualize as verb } from '../../src/options/visualize.js'
import type { FigureRecord, LevelNumbers, ModelFilters } from '../../src/records/index.js'
import { visualize as work, type VisualizeKind } from '../../src/visualize.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { table } from '../format.js'
import { shown } from '../paths.js'
import { showTraining } from '../training.js'

/** A number with a few digits; a dash for none. */
function number(value: number | null, digits = 3): string {
  return value === null ? '-' : value.toFixed(digits)
}

/** A number with its interval. */
function interval({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${number(value)} [${number(low)}, ${number(high)}]`
}

/** Whether the numbers are those of models or levels: Array.isArray does not know read-only lists. */
function isList(numbers: FigureRecord['numbers']): numbers is readonly ModelFilters[] | readonly LevelNumbers[] {
  return Array.isArray(numbers)
}

/** The filters of a model, a row for each layer. */
function filterLines({ model, samplingRate, layers }: ModelFilters): string[] {
  const rows = layers.map(({ layer, filters, dead, below1khz, melCorrelation, linearCorrelation }) => [
    `layer ${layer}`,
    String(filters),
    String(dead),
    number(below1khz),
    number(melCorrelation),
    number(linearCorrelation),
  ])
  const header = ['', 'filters', 'dead', 'below 1 kHz', 'r (mel)', 'r (linear)']
  return [`${model}, ${samplingRate} Hz`, ...table([header, ...rows], new Set([1, 2, 3, 4, 5]))]
}

/** The maps of a level, a row for each tag. */
function levelLines({ level, width, tags }: LevelNumbers): string[] {
  const rows = tags.map(({ tag, clips, purity, chance, silhouette }) => [
    tag,
    String(clips),
    interval(purity),
    number(chance),
    silhouette === null ? '-' : interval(silhouette),
  ])
  const header = ['tag', 'clips', 'purity', 'chance', 'silhouette']
  return [`level ${level}, ${width} features`, ...table([header, ...rows], new Set([1, 2, 3, 4]))]
}

/** The numbers of an analysis, in lines for people. */
function lines(numbers: FigureRecord['numbers']): string[] {
  if (isList(numbers)) {
    const entries: readonly (ModelFilters | LevelNumbers)[] = numbers
    return entries.flatMap(entry => ('layers' in entry ? filterLines(entry) : levelLines(entry)))
  }
  if ('blocks' in numbers) {
    const rows = numbers.blocks.map(({ block, channels, spread, shuffled }) => [
      `block ${block}`,
      String(channels),
      interval(spread),
      interval(shuffled),
    ])
    const { rising, falling, mean, segments } = numbers.loudness
    return [
      ...table([['', 'channels', 'spread across tags', 'of shuffled tags'], ...rows], new Set([1, 2, 3])),
      `loudness in the first block: ${rising.value} channels rise, ${falling.value} fall; slope of their mean ` +
        `${number(mean.slope)} (${segments} segments of ${numbers.clips} clips)`,
      `the curves of all tags cross 0.5 with ${numbers.crossing} channels on the left`,
    ]
  }
  return [`${numbers.starts.length} segments of ${number(numbers.segmentSeconds, 2)} s`, numbers.tags.join(', ')]
}

/** `samplecnn visualize`. */
export const visualize: Command = {
  verb,
  operands: [1, 2],
  async run({ options, operands: [kind = '', model], output, progress, signal }) {
    let numbers: FigureRecord['numbers'] | undefined
    const files: string[] = []
    const done = await work(kind as VisualizeKind, {
      ...(options as unknown as VisualizeOptions),
      ...(model !== undefined && { model }),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'figure') {
          numbers = event.numbers
          files.push(...event.files)
        } else if (event.type !== 'done') showTraining(event, progress)
      },
    })
    progress.clear()
    if (numbers !== undefined) for (const line of lines(numbers)) output.text(line)
    output.text('')
    for (const file of files) output.text(`figure: ${shown(file)}`)
    output.text(`numbers: ${shown(done.file)}`)
    return EXIT.ok
  },
}
