#!/usr/bin/env node
// Measures how well `tag` uses the cores on 200 mixed files: the time of decoding alone plus that of the engine alone
// (each on all cores), divided by the time of both together. At 100 % nothing is lost between the two; the target is 90
// %. Also measures the peak memory of `samplecnn tag` on a short and on a very long file; the target is 600 MB for any
// length.
//
//   node bench/cpu/pipeline.mjs [--files 200] [--rounds 3] [--lengths 10,30,60,180,240] [--segments all]
//     [--architecture 3^9] [--threads 0] [--jobs 0] [--batch 16] [--audio DIR] [--long 7200] [--profile release]
//     [--write] [--no-build]
//
// Needs Rust, and ffmpeg, which makes the files (MP3, FLAC, Vorbis, AAC, WAV) from the audio files in DIR, repeated up
// to their length, or from synthetic chords and noise. The peak memory of the pipeline is that of the whole process,
// which also contains the network of the engine-alone measurement.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { median } from './contest.mjs'
import { load, machine, peakMemory } from './machine.mjs'
import { table, writeSection } from './report.mjs'

const text = value => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    files: text('200'),
    rounds: text('3'),
    lengths: text('10,30,60,180,240'),
    segments: text('all'),
    architecture: text('3^9'),
    threads: text('0'),
    jobs: text('0'),
    batch: text('16'),
    audio: text(join(root, '../shared/data/esc10')),
    long: text('7200'),
    profile: text('release'),
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const encodings = [
  ['mp3', '-c:a libmp3lame -b:a 192k'],
  ['flac', '-c:a flac -sample_fmt s16'],
  ['ogg', '-c:a libvorbis -q:a 5'],
  ['m4a', '-c:a aac -b:a 192k'],
  ['wav', '-c:a pcm_s16le'],
]
const lengths = values.lengths.split(',').map(Number)
const rates = [44_100, 44_100, 48_000, 22_050]
const sources = existsSync(values.audio)
  ? readdirSync(values.audio, { recursive: true })
      .filter(name => ['.wav', '.flac', '.ogg', '.mp3', '.m4a'].includes(extname(name)))
      .toSorted()
  : []

/** Runs a command and returns its output. */
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

/** Makes an audio file of `seconds`: of the `number`th source, or of chords and noise. */
function make(path, number, seconds, rate, encoding) {
  const pitch = 110 * 2 ** ((number % 24) / 12)
  const channel = at => `0.3*sin(2*PI*${at}*t)*exp(-3*mod(t\\,0.5))+0.2*(random(${number})-0.5)*exp(-20*mod(t\\,0.25))`
  const input =
    sources.length > 0
      ? ['-stream_loop', '-1', '-i', join(values.audio, sources[number % sources.length])]
      : ['-f', 'lavfi', '-i', `aevalsrc=${channel(pitch)}|${channel(pitch * 1.5)}:s=${rate}:c=stereo`]
  const output = ['-t', String(seconds), '-ac', '2', '-ar', String(rate), ...encoding.split(' '), path]
  run('ffmpeg', ['-v', 'error', '-nostdin', ...input, ...output])
}

/** Peak memory of `samplecnn tag` on one file, MB, and seconds. */
function tagAlone(file, model) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const args = [join(root, 'dist/cli/main.js'), 'tag', file, '-m', model, '--json', '-q']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    let peak = 0
    const look = setInterval(() => (peak = Math.max(peak, peakMemory(child.pid) * 1.048_576)), 50)
    child.on('close', status => {
      clearInterval(look)
      if (status !== 0) reject(new Error(`tag ended with status ${status}`))
      resolve({ peak, seconds: (performance.now() - began) / 1e3 })
    })
  })
}

if (!values['no-build'])
  run('cargo', ['build', '--quiet', '--profile', values.profile, '-p', 'samplecnn-tagger', '--example', 'pipeline'])
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-pipeline-'))
try {
  const songs = join(folder, 'songs')
  run('mkdir', [songs])
  for (let file = 0; file < Number(values.files); file++) {
    const [suffix, encoding] = encodings[file % encodings.length]
    const seconds = lengths[Math.floor(file / 3) % lengths.length]
    const rate = rates[Math.floor(file / encodings.length) % rates.length]
    make(join(songs, `${file}.${suffix}`), file, seconds, rate, encoding)
  }
  const flags = ['rounds', 'segments', 'architecture', 'threads', 'jobs', 'batch'].flatMap(name => [
    `--${name}`,
    values[name],
  ])
  const profile = values.profile === 'dev' ? 'debug' : values.profile
  const program = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', profile, 'examples/pipeline')
  const rounds = run(program, [...flags, songs])
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const of = (pick, digits = 2) => median(rounds.map(pick)).toFixed(digits)
  const spread = pick => `${Math.min(...rounds.map(pick)).toFixed(2)}-${Math.max(...rounds.map(pick)).toFixed(2)}`
  const row = (what, pick, cpu) => [what, of(pick), spread(pick), cpu === undefined ? '' : of(cpu)]
  const parts = [
    '## The whole pipeline',
    `    node bench/cpu/pipeline.mjs ${process.argv
      .slice(2)
      .filter(word => !['--write', '--no-build'].includes(word))
      .join(' ')}`.trimEnd(),
    `${rounds[0].files} files (MP3, FLAC, Vorbis, AAC, WAV of ${values.lengths} s, ` +
      `${sources.length > 0 ? 'of real recordings' : 'synthetic'}), ` +
      `${rounds[0].segments} segments of ${values.architecture}.\n` +
      `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ` +
      `${values.profile} profile, ${rounds.length} rounds, load ${load().toFixed(1)}.`,
    table(
      ['what', 'median s', 'min-max', 'CPU s'],
      [
        row(
          'decoding alone',
          r => r.decode.wall,
          r => r.decode.cpu,
        ),
        row(
          'engine alone',
          r => r.engine.wall,
          r => r.engine.cpu,
        ),
        row(
          'tag, end to end',
          r => r.tag.wall,
          r => r.tag.cpu,
        ),
        row('efficiency: (decoding + engine) / tag', r => r.efficiency),
        row('CPU of tag / CPU of decoding + engine', r => r.cpuRatio),
      ],
    ),
    `Peak memory of that process: ${of(r => r.peakMegabytes, 0)} MB.`,
  ]
  if (Number(values.long) > 0) {
    const { Model } = await import(join(root, 'dist/index.js'))
    const model = join(folder, 'model.safetensors')
    const tags = Array.from({ length: 50 }, (_, i) => `tag ${i}`)
    const network = await Model.create({ architecture: values.architecture, tags, seed: 1 })
    await network.save(model)
    const lines = []
    for (const seconds of [60, Number(values.long)]) {
      const file = join(folder, `${seconds}.flac`)
      make(file, 1, seconds, 44_100, encodings[1][1])
      const { peak, seconds: took } = await tagAlone(file, model)
      lines.push([`FLAC of ${seconds} s`, peak.toFixed(0), took.toFixed(1)])
      rmSync(file)
    }
    parts.push('Peak memory of `samplecnn tag` (Node included):', table(['file', 'peak MB', 's'], lines))
  }
  const section = parts.join('\n\n')
  console.log(section)
  if (values.write) writeSection(join(root, 'docs/performance.md'), 'pipeline', section)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
