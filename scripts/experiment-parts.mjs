/**
 * Runs `experiment NAME --scale small` once in one process, and once in shards whose processes are killed (SIGKILL) at
 * random moments and started again; joins the shards, and compares the two tables, times aside.
 *
 *   node scripts/experiment-parts.mjs DATASET_FLAGS... [-- NAME [ONLY [SHARDS]]]
 *   node scripts/experiment-parts.mjs --dataset mtat --root ../shared/data/gm-mtat -- sweep m=5 3
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { root } from './paths.mjs'

const words = process.argv.slice(2)
const end = words.includes('--') ? words.indexOf('--') : words.length
const dataset = words.slice(0, end)
const [name = 'sweep', only = '', shards = '3'] = words.slice(end + 1)
if (dataset.length === 0) throw new Error('name a dataset: --dataset KIND --root DIR, or --manifest FILE')

const folder = mkdtempSync(join(tmpdir(), 'samplecnn-parts-'))
const common = ['experiment', name, ...dataset, '--scale', 'small', '--threads', '1', '--quiet']
common.push('--cache', join(folder, 'cache'), ...(only === '' ? [] : ['--only', only]))

/** Starts samplecnn; resolves to its status, or null if it was killed. */
function samplecnn(words) {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise(resolve => child.on('exit', status => resolve(status)))
  return { child, ended }
}

/** Runs one shard to its end; the first processes are killed. Returns how many were. */
async function shard(index) {
  const words = [...common, '--shard', `${index}/${shards}`, '-o', join(folder, `part-${index}`)]
  let killed = 0
  for (;;) {
    const { child, ended } = samplecnn(words)
    if (killed < 8) void sleep(500 + Math.random() * 12_000).then(() => child.kill('SIGKILL'))
    const status = await ended
    if (status === 0) return killed
    if (status !== null) throw new Error(`shard ${index} ended with status ${status}`)
    killed += 1
  }
}

/** The table in `out` without times and folders. */
function table(out) {
  const { rows, claims, ...rest } = JSON.parse(readFileSync(join(folder, out, 'table.json'), 'utf8'))
  const timed = rest.spec.columns.filter(({ relativeTo }) => relativeTo !== undefined).map(column => column.name)
  for (const row of rows) {
    for (const column of timed) delete row.cells[column]
    for (const run of row.runs) {
      run.folder = undefined
      if (run.result !== null) run.result.seconds = undefined
    }
  }
  const ofTimes = rest.spec.claims.map(claim => timed.includes((claim.ratio ?? claim.difference)?.column))
  return JSON.stringify({ ...rest, rows, claims: claims.filter((_, index) => !ofTimes[index]) }, null, 1)
}

try {
  const whole = await samplecnn([...common, '-o', join(folder, 'whole')]).ended
  if (whole !== 0) throw new Error(`the experiment ended with status ${whole}`)
  const killed = await Promise.all(Array.from({ length: Number(shards) }, (_, index) => shard(index + 1)))
  const parts = killed.map((_, index) => join(folder, `part-${index + 1}`))
  const joined = await samplecnn(['experiment', name, '--quiet', '-o', join(folder, 'joined'), '--merge', ...parts])
    .ended
  if (joined !== 0) throw new Error(`joining ended with status ${joined}`)
  const { rows } = JSON.parse(readFileSync(join(folder, 'joined', 'table.json'), 'utf8'))
  const [expected, found] = [table('whole').split('\n'), table('joined').split('\n')]
  const place = expected.findIndex((line, index) => line !== found[index])
  console.log(`${rows.length} rows, ${shards} shards, processes killed: ${killed.join(' + ')}`)
  if (place < 0 && expected.length === found.length) console.log('the tables are equal, times aside')
  else {
    process.exitCode = 1
    console.log('the tables differ; one process, then the joined shards:')
    for (const lines of [expected, found]) console.log(lines.slice(Math.max(0, place - 12), place + 3).join('\n'))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
