/** The card of a model as a page of Markdown: the README of a released model. */

import { SampleCnnError } from '../../src/error.js'
import type { CardScores, CardSource, CardTagScores, CardTeacher, Inspection } from '../../src/records/index.js'
import { count } from '../format.js'
import { accuracyOf, averages, ruleInWords, withInterval } from './lines.js'

/**
 * The page; it ends with the facts about the file.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for a network without a card.
 */
export function cardPage({ name: file, card, tags, licence, sha256, samplingRate, parameters }: Inspection): string[] {
  if (card === null) {
    const message = `${file} has no card: write one into a model file with samplecnn export --to model --card FILE.json`
    throw new SampleCnnError('ERR_INVALID_OPTION', message, { file })
  }
  const { name = 'A model of samplecnn', version, summary, attribution, teacher } = card
  const { data = [], scores = [], withheld = [], limits = [], output } = card
  return [
    `# ${plain([name, version].filter(part => part !== undefined).join(' '))}`,
    ...paragraph(summary === undefined ? [] : [plain(summary)]),
    ...paragraph([
      `${count(parameters)} parameters, audio at ${count(samplingRate)} Hz, ${tags?.length ?? 0} tags: ` +
        `${(tags ?? []).map(plain).join(', ')}.`,
    ]),
    ...paragraph(output === undefined ? [] : [`By default \`samplecnn tag\` names ${ruleInWords(output)}.`]),
    ...section(
      'What it cannot do',
      limits.map(limit => `- ${plain(limit)}`),
    ),
    ...section(
      'Tags that were left out',
      withheld.map(({ tag, reason }) => `- ${plain(tag)}: ${plain(reason)}`),
    ),
    ...(scores.length === 0 ? [] : ['', '## Scores', ...scores.flatMap(measurement)]),
    ...section('Data', data.map(source)),
    ...(teacher === undefined ? [] : teacherSection(teacher)),
    ...section('Licence', [
      `${plain(licence ?? 'Not stated')}.${attribution === undefined ? '' : ` Attribution: ${linked(attribution)}.`}`,
    ]),
    ...paragraph(sha256 === null ? [] : [`SHA-256 of the model file: \`${sha256}\``]),
  ]
}

/** `text` as Markdown that shows exactly this text. */
function plain(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return text.replaceAll(/[&<>\\`*_[\]!|~#]/g, character => entities[character] ?? `\\${character}`)
}

/** An address as a link; any other text as it is. */
function linked(text: string): string {
  return /^https?:\/\/[^\s<>]+$/.test(text) ? `<${text}>` : plain(text)
}

function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]
}

/** A line about data, code or weights. */
function source({ name, licence, url, description, clips }: CardSource): string {
  const notes = [
    licence === undefined ? '' : `licence ${plain(licence)}`,
    clips === undefined ? '' : `${count(clips)} clips`,
    url === undefined ? '' : linked(url),
  ].filter(note => note !== '')
  return [`- ${plain(name)}`, ...notes].join(', ') + (description === undefined ? '' : `. ${plain(description)}`)
}

function teacherSection({ sources = [], ...teacher }: CardTeacher): string[] {
  const chain = sources.length === 0 ? [] : ['', 'It was made from:', '', ...sources.map(source)]
  return section('Teacher', ['The targets of the training are the scores of:', '', source(teacher), ...chain])
}

/** A measurement: its averages, and a row for each tag. */
function measurement(scores: CardScores): string[] {
  const { measuredOn, clips, perTag = [] } = scores
  const mean = averages(scores)
  const facts = [
    clips === undefined ? '' : `${count(clips)} clips`,
    accuracyOf(scores),
    mean === '' ? '' : `mean over the tags: ${mean}`,
  ]
  const said = facts.filter(fact => fact !== '').join('; ')
  const hasIntervals =
    [scores, ...perTag].some(row => row.rocAucInterval !== undefined || row.prAucInterval !== undefined) ||
    scores.accuracyInterval !== undefined
  const columns = COLUMNS.filter(({ cell }) => perTag.some(row => cell(row) !== ''))
  return [
    '',
    `Measured on ${plain(measuredOn)}${said === '' ? '' : ` (${said})`}.` +
      (hasIntervals ? ' Intervals are of 95 %.' : ''),
    ...(perTag.length === 0
      ? []
      : [
          '',
          line(columns.map(({ title }) => title)),
          line(columns.map(({ title }) => (title === 'tag' ? '---' : '--:'))),
          ...perTag.map(row => line(columns.map(({ cell }) => cell(row)))),
        ]),
  ]
}

/** The columns of the table of tags; those without any value are left out. */
const COLUMNS: readonly { readonly title: string; readonly cell: (row: CardTagScores) => string }[] = [
  { title: 'tag', cell: ({ tag }) => plain(tag) },
  { title: 'clips with it', cell: ({ positives }) => (positives === undefined ? '' : count(positives)) },
  {
    title: 'ROC-AUC',
    cell: ({ rocAuc, rocAucInterval }) => (rocAuc === undefined ? '' : withInterval(rocAuc, rocAucInterval)),
  },
  {
    title: 'PR-AUC',
    cell: ({ prAuc, prAucInterval }) => (prAuc === undefined ? '' : withInterval(prAuc, prAucInterval)),
  },
  {
    title: 'rank correlation with the teacher',
    cell: ({ rankCorrelation }) => (rankCorrelation === undefined ? '' : rankCorrelation.toFixed(3)),
  },
]

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
