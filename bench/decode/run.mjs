#!/usr/bin/env node
// Decodes, mixes and resamples 240 s of stereo to 22,050 Hz mono f32, and compares the audio crate with the ffmpeg
// command line on one thread; both run alternately. Prints the medians, and the ratios of wall-clock time and of CPU
// time, which other load affects less.
//
//   node bench/decode/run.mjs [--rounds 7] [--rate 22050] [--seconds 240] [--profile release] [--write] [--no-build]
//
// Needs ffmpeg and Rust. Both programs are started as processes and read the file from the page cache; ffmpeg discards
// its samples.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/paths.mjs'
import { median } from '../cpu/contest.mjs'
import { childrenCpuSeconds, load, machine } from '../cpu/machine.mjs'
import { table, writeSection } from '../cpu/report.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    rate: { type: 'string', default: '22050' },
    seconds: { type: 'string', default: '240' },
    profile: { type: 'string', default: 'release' },
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const files = {
  'mp3.mp3': '-c:a libmp3lame -b:a 192k',
  'flac.flac': '-c:a flac -sample_fmt s16',
  'vorbis.ogg': '-c:a libvorbis -q:a 5',
  'aac.m4a': '-c:a aac -b:a 192k',
  'wav.wav': '-c:a pcm_s16le',
}

const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
/** Wall-clock seconds and CPU seconds. */
const measure = work => {
  const [start, cpu] = [performance.now(), childrenCpuSeconds()]
  work()
  return { wall: (performance.now() - start) / 1e3, cpu: childrenCpuSeconds() - cpu }
}

if (!values['no-build'])
  run('cargo', ['build', '--profile', values.profile, '--quiet', '-p', 'samplecnn-audio', '--example', 'decode'])
const ours = resolve(
  root,
  process.env.CARGO_TARGET_DIR ?? 'target',
  values.profile === 'dev' ? 'debug' : values.profile,
  'examples/decode',
)
const folder = mkdtempSync(join(tmpdir(), 'samplecnn-decode-'))
try {
  // Chords, bass and a noise drum, different on the left and on the right.
  const channel = (a, b) =>
    `0.2*sin(2*PI*${a}*t)*exp(-3*mod(t,0.5))+0.2*sin(2*PI*${b}*t)+0.15*sin(2*PI*55*t)` +
    `+0.2*(random(${a})-0.5)*exp(-20*mod(t,0.25))`
  const channels = `${channel(220, 330)}|${channel(262, 392)}`.replaceAll(',', '\\,')
  const source = `aevalsrc=${channels}:s=44100:c=stereo:d=${values.seconds}`
  const wave = join(folder, 'source.wav')
  run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, wave])
  const rows = []
  for (const [name, encoding] of Object.entries(files)) {
    const path = join(folder, name)
    run('ffmpeg', ['-v', 'error', '-i', wave, ...encoding.split(' '), path])
    const times = { ours: [], ffmpeg: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      times.ours.push(measure(() => run(ours, ['--rate', values.rate, path])))
      times.ffmpeg.push(
        measure(() =>
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
    const of = (who, what) => median(times[who].map(time => time[what]))
    const ratio = what => (of('ffmpeg', what) / of('ours', what)).toFixed(2)
    const milliseconds = who => (1e3 * of(who, 'wall')).toFixed(0)
    const speed = (Number(values.seconds) / of('ours', 'cpu')).toFixed(0)
    rows.push([name.split('.')[0], milliseconds('ours'), milliseconds('ffmpeg'), ratio('wall'), ratio('cpu'), speed])
  }
  const section = [
    '## Decoding compared with ffmpeg',
    '    node bench/decode/run.mjs',
    `${values.seconds} s of stereo at 44.1 kHz to ${values.rate} Hz mono, one thread each, process start included.\n` +
      `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}, ${values.profile} profile, ` +
      `medians of ${values.rounds} rounds, load ${load().toFixed(1)}.`,
    table(
      ['format', 'ours ms', 'ffmpeg ms', 'time relative to ours', 'CPU time relative to ours', 'x real time (CPU)'],
      rows,
    ),
  ].join('\n\n')
  console.log(section)
  if (values.write) writeSection(join(root, 'docs/performance.md'), 'decode', section)
} finally {
  rmSync(folder, { recursive: true })
}
