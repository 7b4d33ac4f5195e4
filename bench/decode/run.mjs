#!/usr/bin/env node
// Decode, mix and resample 240 s of stereo to 22,050 Hz mono f32: this crate against the ffmpeg command line on one
// thread, taking turns. Prints the medians and their ratio (below 1: faster than ffmpeg).
//
//   node bench/decode/run.mjs [--rounds 7] [--rate 22050] [--seconds 240]
//
// Needs ffmpeg and Rust. Both sides start a process and read the file from the page cache; ffmpeg throws its samples away.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    rate: { type: 'string', default: '22050' },
    seconds: { type: 'string', default: '240' },
  },
})
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const files = {
  'mp3.mp3': '-c:a libmp3lame -b:a 192k',
  'flac.flac': '-c:a flac -sample_fmt s16',
  'vorbis.ogg': '-c:a libvorbis -q:a 5',
  'aac.m4a': '-c:a aac -b:a 192k',
  'wav.wav': '-c:a pcm_s16le',
}

const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
const seconds = work => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e9
}
const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

run('cargo', ['build', '--release', '--quiet', '-p', 'samplecnn-audio', '--example', 'decode'])
const ours = join(root, process.env.CARGO_TARGET_DIR ?? 'target', 'release/examples/decode')
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-decode-'))
try {
  // Chords, bass and a noise drum, different left and right.
  const channel = (a, b) =>
    `0.2*sin(2*PI*${a}*t)*exp(-3*mod(t,0.5))+0.2*sin(2*PI*${b}*t)+0.15*sin(2*PI*55*t)+0.2*(random(${a})-0.5)*exp(-20*mod(t,0.25))`
  const source = `aevalsrc=${`${channel(220, 330)}|${channel(262, 392)}`.replaceAll(',', '\\,')}:s=44100:c=stereo:d=${values.seconds}`
  const wave = join(folder, 'source.wav')
  run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, wave])
  console.log(`${values.seconds} s stereo 44.1 kHz to ${values.rate} Hz mono, medians of ${values.rounds} rounds`)
  for (const [name, encoding] of Object.entries(files)) {
    const path = join(folder, name)
    run('ffmpeg', ['-v', 'error', '-i', wave, ...encoding.split(' '), path])
    const times = { ours: [], ffmpeg: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      times.ours.push(seconds(() => run(ours, ['--rate', values.rate, path])))
      times.ffmpeg.push(
        seconds(() =>
          run('ffmpeg', [
            '-v',
            'error',
            '-nostdin',
            '-threads',
            '1',
            '-i',
            path,
            '-threads',
            '1',
            '-filter_threads',
            '1',
            '-ac',
            '1',
            '-ar',
            values.rate,
            '-f',
            'f32le',
            '-y',
            '/dev/null',
          ]),
        ),
      )
    }
    const [a, b] = [median(times.ours), median(times.ffmpeg)]
    const speed = Math.round(Number(values.seconds) / a)
    console.log(
      `${name.padEnd(12)} ours ${(a * 1e3).toFixed(0).padStart(5)} ms (${speed} x real time)   ` +
        `ffmpeg ${(b * 1e3).toFixed(0).padStart(5)} ms   ratio ${(a / b).toFixed(2)}`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
