// Formats the results of a comparison as text and tables.
import { AGREEMENT } from './contest.mjs'
import { machine } from './machine.mjs'
import { table } from './report.mjs'

const percent = share => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

/** The conditions under which `rows` were measured. */
export function conditions(rows, { threads, profile, most }) {
  const sum = key => rows.reduce((total, row) => total + row[key], 0)
  const measured = rows.filter(row => row.measured).length
  const share = key => percent(sum(key) / Math.max(sum('elapsed') * threads, 1e-9))
  return (
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${threads} threads, ${profile} profile.\n` +
    `The fastest three repeats of ${measured} of ${rows.length} cases agree within ${percent(AGREEMENT)}, after ` +
    `at most ${most} repeats each.\n` +
    `During the measurement, other processes used ${share('others')} of the processor time and ` +
    `the hypervisor stole ${share('stolen')}; highest load ${Math.max(...rows.map(row => row.load)).toFixed(1)}.`
  )
}

/**
 * The time of `row` relative to that of samplecnn: its fastest repeat divided by our median; "not measured" if one of
 * them was not measured.
 */
export function ratio(row, ours) {
  if (row === ours) return ''
  return row.measured && ours.measured ? (row.fastest / ours.median).toFixed(2) : 'not measured'
}

/** The repeats of a row in one cell: their number, and the difference between the fastest three. */
const repeats = row =>
  Number.isFinite(row.spread) ? `${row.seconds.length} (${percent(row.spread)})` : `${row.seconds.length}`

const missingOnes = missing => [...missing].map(([name, why]) => `- ${name}: missing (${why.slice(0, 160)})`)

/** The forms of PyTorch that were tried at the start, with one sentence for each. */
function forms(tried) {
  const names = [...new Set(tried.map(({ form }) => form))]
  return names.map(form => {
    const each = tried
      .filter(one => one.form === form)
      .map(
        ({ name, seconds, why }) =>
          `${name.replace('PyTorch ', '')} ${why === undefined ? seconds.toFixed(4) : 'missing'}`,
      )
    return `- ${form}, seconds of one repeat of every form, of which the fastest is measured above: ${each.join('; ')}.`
  })
}

/** One comparison as a table. `gflop` is the work of one repeat, `peak` the GFLOP/s that the machine can reach. */
export function contestTable({ rows, missing, tried }, { batch, gflop, peak }) {
  const ours = rows.find(({ name }) => name === 'ours')
  if (ours === undefined) return missingOnes(missing).join('\n')
  const lines = rows.map(row => [
    row.name,
    row.median.toFixed(4),
    row.fastest.toFixed(4),
    ratio(row, ours),
    row.cpu.toFixed(3),
    (batch / row.median).toFixed(1),
    (gflop / row.median).toFixed(0),
    percent(gflop / row.median / peak),
    row.peak.toFixed(0),
    repeats(row),
  ])
  const head = [
    'case',
    'median s',
    'fastest s',
    'time relative to ours',
    'CPU s',
    'segments/s',
    'GFLOP/s',
    'of peak',
    'peak MiB',
    'repeats (difference)',
  ]
  return [table(head, lines), [...forms(tried), ...missingOnes(missing)].join('\n')].join('\n\n').trim()
}

/** The rows that one network adds to the table of networks. */
export function networkRows(architecture, what, { rows, missing }) {
  const ours = rows.find(({ name }) => name === 'ours')
  const beside = ours === undefined ? [] : rows.filter(row => row !== ours)
  return [
    ...beside.map(row => [
      architecture,
      what,
      row.name,
      ours.median.toFixed(3),
      row.fastest.toFixed(3),
      ratio(row, ours),
      repeats(ours),
      repeats(row),
    ]),
    ...[...missing].map(([name, why]) => [architecture, what, name, '', '', `missing: ${why.slice(0, 80)}`, '', '']),
  ]
}

/** The columns of the table of networks. */
export const networkHead = [
  'network',
  'what',
  'compared with',
  'our median s',
  'its fastest s',
  'time relative to ours',
  'our repeats (difference)',
  'its repeats (difference)',
]
