/**
 * Measures how long `learn` takes for 1,000 songs of real length on two threads, and how much memory, and prints the
 * numbers of docs/learn.md. The songs are joined from clips of other people, which stay outside the repository: four
 * clips of gm-mtat that have a tag in common, and three of the set of the default model, as MP3 files at 44.1 kHz in
 * stereo. Every song is another choice of clips in another order. So the songs are as long as real ones and as costly
 * to decode, but they are no real songs, and the scores mean nothing.
 *
 *   node scripts/learn-thousand.mjs FOLDER [--data DIR] [--set DIR] [--songs N] [--threads N]
 *
 * FOLDER receives the songs (3.3 MB each) and the result; songs that are there are used again. It needs ffmpeg.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { learn } from 'samplecnn'

import { clips } from './gm-mtat.mjs'
import { root } from './paths.mjs'
import { random } from './random.mjs'
import { capture } from './run.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: join(root, '../shared/data') },
    set: { type: 'string', default: join(root, '../shared/default-model') },
    songs: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
  },
})
if (positionals[0] === undefined) throw new Error('name a folder: node scripts/learn-thousand.mjs FOLDER')
const folder = resolve(positionals[0])
const [count, threads] = [Number(values.songs), Number(values.threads)]
const [music, parts] = [join(folder, 'music'), join(folder, 'parts')]

/** Songs of one artist. */
const OF_ARTIST = 4
/** Clips that a tag needs to be the tag in common. */
const CLIPS_OF_TAG = 30

/** Runs ffmpeg; the file appears when it is complete. */
function make(file, words) {
  if (existsSync(file)) return
  const whole = `${file}.part`
  capture('ffmpeg', ['-v', 'error', '-y', ...words, '-f', 'mp3', whole])
  renameSync(whole, file)
}

/** `clip` at 44.1 kHz in stereo, once. */
function encoded(clip) {
  const file = join(parts, clip.replaceAll(/[^a-z0-9.]+/gi, '-'))
  make(file, ['-i', clip, '-ar', '44100', '-ac', '2', '-c:a', 'libmp3lame', '-b:a', '128k'])
  return file
}

/** Writes the songs. */
function songs() {
  mkdirSync(music, { recursive: true })
  mkdirSync(parts, { recursive: true })
  const draw = random(11)
  const one = list => list[Math.floor(draw() * list.length)]
  const several = (list, wanted) => {
    const chosen = new Set()
    while (chosen.size < wanted) chosen.add(one(list))
    return [...chosen]
  }
  const tagged = clips(values.data)
  const tags = [...new Set(tagged.flatMap(clip => clip.tags))]
  const ofTag = new Map(tags.map(tag => [tag, tagged.filter(clip => clip.tags.includes(tag))]))
  const common = tags.filter(tag => ofTag.get(tag).length >= CLIPS_OF_TAG)
  // A part of them, so that fewer have to be encoded.
  const chunks = readdirSync(join(values.set, 'chunks'))
    .sort()
    .filter((_, at) => at % 4 === 0)
  for (let number = 0; number < count; number += 1) {
    const chosen = several(ofTag.get(one(common)), 4)
    const others = several(chunks, 3).map(name => join(values.set, 'chunks', name))
    const order = [...chosen.map(clip => join(values.data, 'gm-mtat', clip.path)), ...others]
      .map(clip => [draw(), clip])
      .sort(([a], [b]) => a - b)
    const genre = tags.filter(tag => chosen.filter(clip => clip.tags.includes(tag)).length >= 3)
    const file = join(music, `${String(number).padStart(4, '0')}.mp3`)
    if (existsSync(file)) continue
    const list = join(folder, 'list.txt')
    writeFileSync(list, order.map(([, clip]) => `file '${encoded(clip)}'\n`).join(''))
    const facts = {
      title: `song ${number}`,
      artist: `artist ${Math.floor(number / OF_ARTIST)}`,
      genre: genre.join(';'),
    }
    const metadata = Object.entries(facts).flatMap(([name, value]) => ['-metadata', `${name}=${value}`])
    make(file, ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', ...metadata])
  }
  rmSync(join(folder, 'list.txt'), { force: true })
}

/** Learns, and tells the time of each phase. */
async function measure(title, cache) {
  const phases = new Map()
  const started = performance.now()
  const before = process.cpuUsage()
  let found
  const done = await learn({
    library: [music],
    out: join(folder, 'learnt'),
    cache,
    threads,
    jobs: threads,
    onEvent: event => {
      if (event.type === 'progress') phases.set(event.phase, event.seconds)
      if (event.type === 'start') found = event
    },
  })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  const each = [...phases].map(([phase, time]) => `${phase} ${time.toFixed(0)} s`).join(', ')
  console.log(
    `${title}: ${(seconds / 60).toFixed(1)} min, ${((user + system) / 6e7).toFixed(1)} min of processor time ` +
      `(${each}); ${done.songs} songs, ${found.duplicates} left out as copies, ${done.tags.length} tags; most memory so far ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  )
}

songs()
const seconds = Number(
  capture('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(music, '0000.mp3')]),
)
console.log(`${readdirSync(music).length} songs of about ${seconds.toFixed(0)} s, ${threads} threads`)
const cache = join(folder, 'cache')
rmSync(cache, { recursive: true, force: true })
await measure('learn', cache)
await measure('learn again', cache)
console.log(readFileSync('/proc/loadavg', 'utf8').trim())
