/**
 * The contest of the benchmark: when a case counts as measured, which form of a peer is used, and how ratios are
 * computed.
 */
import test from 'ava'

interface Case {
  readonly name: string
  readonly form?: string
  readonly command: string
  readonly args: readonly string[]
}

interface Row {
  readonly name: string
  readonly seconds: readonly number[]
  readonly measured: boolean
  readonly median: number
  readonly fastest: number
}

interface Contest {
  contest: (
    cases: readonly Case[],
    options: { threads: number; most: number; seconds: number },
  ) => Promise<{ rows: readonly Row[]; missing: ReadonlyMap<string, string> }>
  search: (
    cases: readonly Case[],
    options: { threads: number; seconds: number },
  ) => Promise<{ chosen: readonly Case[] }>
}

const modules: readonly string[] = ['../bench/cpu/contest.mjs', '../bench/cpu/outcome.mjs']
const [{ contest, search }, { ratio }] = (await Promise.all(modules.map(async path => await import(path)))) as [
  Contest,
  { ratio: (row: Row, ours: Row) => string },
]

/** A program that reports `times` one after the other, after a warm-up of two settled runs; it repeats the last one. */
const program = (name: string, times: readonly number[], form?: string): Case =>
  cold(name, [times[0] ?? 0, times[0] ?? 0, ...times], form)

/** A program that reports `times` one after the other from its first run on, without a warm-up. */
const cold = (name: string, times: readonly number[], form?: string): Case => ({
  name,
  ...(form !== undefined && { form }),
  command: process.execPath,
  args: [
    '-e',
    `const times = [0, ...${JSON.stringify(times)}]
     require('readline').createInterface({ input: process.stdin })
       .on('line', () => console.log(times.length > 1 ? times.shift() : times[0]))`,
  ],
})
const limits = { threads: 1, most: 6, seconds: 0 }
const named = (rows: readonly Row[], name: string): Row => {
  const row = rows.find(each => each.name === name)
  if (row === undefined) throw new Error(`no row ${name}`)
  return row
}

test('a case is repeated until its fastest three repeats agree within 5 %', async t => {
  const { rows } = await contest([program('quiet', [1, 1.01, 1.02]), program('noisy', [2, 1, 3, 1.04, 1.02])], limits)
  t.deepEqual(named(rows, 'quiet').seconds, [1, 1.01, 1.02])
  t.deepEqual(named(rows, 'noisy').seconds, [2, 1, 3, 1.04, 1.02])
  t.true(named(rows, 'noisy').measured)
})

test('a case is run until it is settled before its repeats count', async t => {
  const { rows } = await contest([cold('slow start', [5, 2, 1, 1, 1.01, 1.02, 1.03])], limits)
  t.deepEqual(named(rows, 'slow start').seconds, [1.01, 1.02, 1.03])
})

test('a case whose repeats never agree does not count as measured and has no ratio', async t => {
  const { rows } = await contest([program('ours', [1, 1, 1]), program('peer', [1, 2, 3, 4, 5, 6])], limits)
  t.is(named(rows, 'peer').seconds.length, limits.most)
  t.false(named(rows, 'peer').measured)
  t.is(ratio(named(rows, 'peer'), named(rows, 'ours')), 'not measured')
})

test("a ratio divides the peer's fastest repeat by the median of ours", async t => {
  const { rows } = await contest([program('ours', [1, 2, 1, 2, 1.01]), program('peer', [3, 3.1, 3])], limits)
  t.is(named(rows, 'ours').median, 1.01)
  t.is(ratio(named(rows, 'peer'), named(rows, 'ours')), (3 / 1.01).toFixed(2))
})

test('the fastest form of a peer is used, and a form that cannot start is not', async t => {
  const absent: Case = { name: 'absent', form: 'peer', command: '/nowhere/program', args: [] }
  const cases = [program('ours', [1]), program('slow', [3], 'peer'), program('fast', [2], 'peer'), absent]
  const { chosen } = await search(cases, { threads: 1, seconds: 0 })
  t.deepEqual(
    chosen.map(({ name }) => name),
    ['ours', 'fast'],
  )
})

test('a case that cannot start is listed as missing, with the reason', async t => {
  const absent: Case = { name: 'absent', command: '/nowhere/program', args: [] }
  const { rows, missing } = await contest([program('ours', [1, 1, 1]), absent], limits)
  t.is(rows.length, 1)
  t.regex(missing.get('absent') ?? '', /ENOENT|nowhere/)
})
