#!/usr/bin/env node
// How busy `tag` keeps the cores on 200 mixed files: the time of decoding alone plus that of the engine alone (each on all
// cores), over the time of both together. 100 %: nothing is lost between the two; the target is 90 %.
//
//   node bench/cpu/pipeline.mjs [--files 200] [--rounds 3] [--segments all] [--architecture 3^9] [--threads 0] [--jobs 0] [--batch 16]
//
// Needs ffmpeg, which makes the files (MP3, FLAC, Vorbis, AAC, WAV of 10 to 240 s), and Rust. Peak memory is that of the whole
// process, which also holds the network of the engine-alone measurement.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const text = value => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    files: text('200'),
    rounds: text('3'),
    segments: text('all'),
    architecture: text('3^9'),
    threads: text('0'),
    jobs: text('0'),
    batch: text('16'),
  },
})
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const encodings = [
  ['mp3', '-c:a libmp3lame -b:a 192k'],
  ['flac', '-c:a flac -sample_fmt s16'],
  ['ogg', '-c:a libvorbis -q:a 5'],
  ['m4a', '-c:a aac -b:a 192k'],
  ['wav', '-c:a pcm_s16le'],
]
const lengths = [10, 30, 60, 180, 240]
const rates = [44_100, 44_100, 48_000, 22_050]

/** Runs a command; what it prints. */
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

run('cargo', ['build', '--release', '--quiet', '-p', 'samplecnn-tagger', '--example', 'pipeline'])
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-pipeline-'))
try {
  for (let file = 0; file < Number(values.files); file++) {
    const [suffix, encoding] = encodings[file % encodings.length]
    const seconds = lengths[Math.floor(file / 3) % lengths.length]
    const rate = rates[Math.floor(file / encodings.length) % rates.length]
    const pitch = 110 * 2 ** ((file % 24) / 12)
    const channel = at => `0.3*sin(2*PI*${at}*t)*exp(-3*mod(t\\,0.5))+0.2*(random(${file})-0.5)*exp(-20*mod(t\\,0.25))`
    const source = `aevalsrc=${channel(pitch)}|${channel(pitch * 1.5)}:s=${rate}:c=stereo:d=${seconds}`
    run('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      source,
      ...encoding.split(' '),
      join(folder, `${file}.${suffix}`),
    ])
  }
  const flags = ['rounds', 'segments', 'architecture', 'threads', 'jobs', 'batch'].flatMap(name => [
    `--${name}`,
    values[name],
  ])
  const program = join(root, process.env.CARGO_TARGET_DIR ?? 'target', 'release/examples/pipeline')
  const rounds = run(program, [...flags, folder])
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const of = pick => median(rounds.map(pick)).toFixed(2)
  console.log(
    `${rounds[0].files} files, ${rounds[0].segments} segments of ${values.architecture}, medians of ${rounds.length} rounds`,
  )
  console.log(`decoding alone   ${of(r => r.decode.wall)} s (${of(r => r.decode.cpu)} CPU s)`)
  console.log(`engine alone     ${of(r => r.engine.wall)} s (${of(r => r.engine.cpu)} CPU s)`)
  console.log(`tag, end to end  ${of(r => r.tag.wall)} s (${of(r => r.tag.cpu)} CPU s)`)
  const shares = rounds.map(r => 100 * r.efficiency)
  const [low, high] = [Math.min(...shares), Math.max(...shares)].map(share => share.toFixed(0))
  console.log(`efficiency       ${median(shares).toFixed(0)} % (${low} to ${high} %; target 90 %)`)
  console.log(`peak memory      ${of(r => r.peakMegabytes)} MB`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
