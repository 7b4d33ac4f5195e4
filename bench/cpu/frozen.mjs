#!/usr/bin/env node
// Measures training steps of 3^9 with a frozen part, relative to a step that trains everything.
//
//   node bench/cpu/frozen.mjs [--rounds 5] [--seconds 2] [--threads 2] [--profile release] [--write] [--no-build]
//
// The cases take turns, each round in a new process of the engine's example program `step`; the medians are printed.
// --write: writes the table into docs/performance.md. --profile dev: measures the build that the tests use.
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { median } from './contest.mjs'
import { load, machine } from './machine.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    rounds: text('5'),
    seconds: text('2'),
    threads: text('2'),
    profile: text('release'),
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const profile = values.profile === 'dev' ? 'debug' : values.profile
const step = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', profile, 'examples', 'step')
if (!values['no-build']) {
  const args = ['build', '--quiet', '--profile', values.profile, '-p', 'samplecnn-engine', '--example', 'step']
  execFileSync('cargo', args, { cwd: root, stdio: 'inherit' })
}

const cases = [
  { name: 'everything trained', flags: [] },
  { name: '--freeze 3', flags: ['--freeze', '3'] },
  { name: '--freeze 6', flags: ['--freeze', '6'] },
  { name: '--freeze all-but-head, computed in every step', flags: ['--freeze', 'all-but-head'] },
  { name: '--freeze all-but-head, features kept', flags: ['--freeze', 'all-but-head', '--features'] },
].map(one => ({ ...one, seconds: [] }))
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { flags, seconds } of cases) {
    const args = ['3^9', '--batch', '23', '--threads', values.threads, ...flags]
    // The first step brings the memory of the plan into the caches and is not counted.
    const said = execFileSync(step, args, { input: `run 0\nrun ${values.seconds}\n`, encoding: 'utf8' })
    seconds.push(Number(said.trim().split('\n').at(-1)))
  }
}
const whole = median(cases[0].seconds)
const milliseconds = seconds => (seconds * 1e3).toFixed(seconds < 0.1 ? 2 : 0)
const section = [
  '## Training step of 3^9 with a frozen part, batch 23',
  `    node bench/cpu/frozen.mjs${values.profile === 'release' ? '' : ` --profile ${values.profile}`}`,
  `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${values.threads} threads, ` +
    `${values.profile} profile, ${values.rounds} rounds, load ${load().toFixed(1)}.`,
  table(
    ['what', 'median ms', 'min-max ms', 'times faster'],
    cases.map(({ name, seconds }) => [
      name,
      milliseconds(median(seconds)),
      `${milliseconds(Math.min(...seconds))}-${milliseconds(Math.max(...seconds))}`,
      (whole / median(seconds)).toFixed(median(seconds) < whole / 10 ? 0 : 2),
    ]),
  ),
].join('\n\n')
console.log(section)
if (values.write) writeSection(join(root, 'docs/performance.md'), 'frozen', section)
