#!/usr/bin/env node
// Measures start-up times: `--help`, loading a 3^9 model, and the first result of `tag` on one MP3.
//
//   node bench/cpu/startup.mjs [--rounds 9] [--seconds 180] [--profile release] [--write] [--no-build]
//
// Each measurement is a new process, with the files in the page cache. The bounds are 150 ms, 50 ms, and decoding +
// inference + 200 ms, where the example programs of the crates measure decoding and inference separately. Needs ffmpeg
// and a built checkout.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { casesOf } from './cases.mjs'
import { askOnce, median } from './contest.mjs'
import { load, machine } from './machine.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    rounds: text('9'),
    seconds: text('180'),
    profile: text('release'),
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const profile = values.profile === 'dev' ? 'debug' : values.profile
const examples = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', profile, 'examples')
const cli = join(root, 'dist/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-startup-'))

/** Milliseconds until a line for which `found` is true, or until the end. */
function time(args, found = () => false) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let [wall, rest] = [undefined, '']
    child.stdout.on('data', data => {
      const lines = (rest + data).split('\n')
      rest = lines.pop()
      if (lines.some(found)) wall ??= performance.now() - began
    })
    child.on('close', status => {
      if (status !== 0) reject(new Error(`${args.join(' ')} ended with status ${status}`))
      wall ??= performance.now() - began
      resolve(wall)
    })
  })
}

/** Milliseconds of `rounds` new processes, fastest first. */
async function rounds(args, found) {
  const walls = []
  for (let round = 0; round < Number(values.rounds); round++) walls.push(await time(args, found))
  return walls.toSorted((a, b) => a - b)
}

const loading = `
  import { Model } from 'samplecnn'
  import { native } from '${join(root, 'dist/src/native.js')}'
  native()
  const began = performance.now()
  const cpu = process.cpuUsage()
  const model = await Model.load(process.argv[2])
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ wall: performance.now() - began, cpu: (user + system) / 1e3 }))
  model.dispose()
`

try {
  if (!values['no-build'])
    execFileSync(
      'cargo',
      ['build', '--quiet', '--profile', values.profile, '-p', 'samplecnn-audio', '--example', 'decode'],
      { cwd: root, stdio: 'inherit' },
    )
  if (!values['no-build'])
    execFileSync(
      'cargo',
      ['build', '--quiet', '--profile', values.profile, '-p', 'samplecnn-engine', '--example', 'infer'],
      { cwd: root, stdio: 'inherit' },
    )
  const { Model } = await import(join(root, 'dist/index.js'))
  const model = join(folder, 'model.safetensors')
  const network = await Model.create({
    architecture: '3^9',
    tags: Array.from({ length: 50 }, (_, i) => `tag ${i}`),
    seed: 1,
  })
  await network.save(model)
  const song = join(folder, 'song.mp3')
  const channels = '0.3*sin(2*PI*220*t)+0.1*(random(0)-0.5)|0.3*sin(2*PI*330*t)'
  const source = `aevalsrc=${channels}:s=44100:c=stereo:d=${values.seconds}`
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-c:a', 'libmp3lame', '-b:a', '192k', song])
  const script = join(root, `startup-${process.pid}.mjs`)
  writeFileSync(script, loading)
  const loads = []
  let result, help, node
  const segments = Math.floor((Number(values.seconds) * 22_050) / 59_049)
  const [engine] = casesOf('infer', { files: { model }, examples, python: '', batch: 16, threads: 2 })
  try {
    node = await rounds(['--eval', '0'])
    help = await rounds([cli, '--help'])
    for (let round = 0; round < Number(values.rounds); round++) {
      loads.push(JSON.parse(execFileSync(process.execPath, [script, model], { encoding: 'utf8', cwd: root })))
    }
    result = await rounds([cli, 'tag', song, '-m', model, '--json', '-q'], line => line.includes('"type":"result"'))
  } finally {
    rmSync(script)
  }
  const decoding = []
  const inference = []
  for (let round = 0; round < 5; round++) {
    const said = execFileSync(join(examples, 'decode'), [song], { encoding: 'utf8' })
    decoding.push(Number(/([\d.]+) ms/.exec(said)[1]))
    inference.push((1e3 * segments * (await askOnce(engine, 2, 'run 1'))) / 16)
  }
  const [decoded, computed] = [median(decoding), median(inference)]
  const row = (what, sorted, bound) => [what, median(sorted).toFixed(0), sorted[0].toFixed(0), bound]
  const walls = loads.map(({ wall }) => wall).toSorted((a, b) => a - b)
  const cpu = median(loads.map(({ cpu }) => cpu)).toFixed(0)
  const section = [
    '## Start-up',
    '    node bench/cpu/startup.mjs',
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${values.profile} profile, ` +
      `${values.rounds} fresh processes each, load ${load().toFixed(1)}.`,
    table(
      ['what', 'median ms', 'fastest ms', 'bound ms'],
      [
        row('node --eval 0 (for comparison)', node, ''),
        row('samplecnn --help', help, '150'),
        row(`loading a 3^9 model (${cpu} ms of CPU)`, walls, '50'),
        row(`first result of tag, one MP3 of ${values.seconds} s`, result, (decoded + computed + 200).toFixed(0)),
        ['  decoding alone, 1 thread', decoded.toFixed(0), Math.min(...decoding).toFixed(0), ''],
        [
          `  inference alone, ${segments} segments, 2 threads`,
          computed.toFixed(0),
          Math.min(...inference).toFixed(0),
          '',
        ],
      ],
    ),
  ].join('\n\n')
  console.log(section)
  if (values.write) writeSection(join(root, 'docs/performance.md'), 'startup', section)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
