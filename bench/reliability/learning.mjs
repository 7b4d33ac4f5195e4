// kill -9 at random moments of `learn`: while it listens, while it tests heads, and while it writes.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained } from './material.mjs'

learning.title = 'Kill -9 of `learn` at a random moment of each phase, then the same command again'

/** The songs; each is long enough that listening can be interrupted. */
const SONGS = 120
const SECONDS = 10
/** What the output shows when each phase has begun; the last one is the end. */
const MARKS = {
  listening: /"phase":"features","done":[1-9]/,
  'cross-validation': /"type":"start"/,
  writing: /"type":"tag"/,
  end: /"type":"done"/,
}
/** Seconds after which a command counts as hanging. */
const LIMIT = 900

/** Kills `learn` in every phase, and runs it again. */
export async function learning({ folder, scale, random }) {
  const material = music(folder, random, SONGS, SECONDS)
  const base = await trained(folder, material)
  const often = Math.max(1, Math.round(20 * scale))
  const [out, cache] = [join(folder, 'learnt'), join(folder, 'features')]
  const model = join(out, 'model.safetensors')
  const flags = '--folds 3 --bootstrap 100 --device cpu --threads 1 --jobs 1 --json -q'.split(' ')
  const library = withArtists(material.manifest)
  const args = ['learn', '--manifest', library, '--from', base, ...flags, '-o', out, '--cache', cache]
  const begin = () => [out, cache].forEach(path => rmSync(path, { recursive: true, force: true }))
  const whole = await samplecnn(args, { marks: MARKS, seconds: LIMIT })
  if (whole.status !== 0) throw new Error(`learn failed: ${whole.stdout}${whole.stderr}`)
  const truth = readFileSync(model)
  const names = Object.keys(MARKS)
  const rows = []
  for (const [number, phase] of names.slice(0, -1).entries()) {
    const test = tally(
      `\`learn\`, killed in ${phase}: songs that were listened to are not listened to again, there is no half file, ` +
        'and the model has the same bytes as without a kill',
    )
    const span = Math.max(1, whole.moments[names[number + 1]] - whole.moments[phase])
    for (let round = 0; round < often; round++) {
      begin()
      const after = random.below(span)
      const killed = await samplecnn(args, {
        kill: { signal: 'SIGKILL', after, from: MARKS[phase] },
        seconds: LIMIT,
      })
      const stored = storedSongs(cache)
      const isWhole = !existsSync(model) || readFileSync(model).equals(truth)
      const ended = await samplecnn(args, { seconds: LIMIT })
      const same = existsSync(model) && readFileSync(model).equals(truth)
      test.count(
        faultOf(ended) ?? faultAfter({ ended, killed, stored, isWhole, same }),
        `killed ${after} ms after the phase began, ${stored} songs stored`,
      )
    }
    rows.push(test.row)
  }
  return rows
}

/** The manifest with an artist for each song: without artists, the songs of a folder belong together. */
function withArtists(manifest) {
  const file = `${manifest}.library.csv`
  const rows = readFileSync(manifest, 'utf8').trim().split('\n').slice(1)
  const songs = rows.map((row, number) => `${row.split(',').slice(0, 2).join(',')},artist ${number}\n`)
  writeFileSync(file, `path,tags,artist\n${songs.join('')}`)
  return file
}

/** What is wrong after the second run; undefined if nothing is. */
function faultAfter({ ended, killed, stored, isWhole, same }) {
  if (ended.status !== 0) return `exit status ${ended.status}: ${ended.stdout.slice(-300)}`
  if (!isWhole) return 'the kill left half a model'
  if (!same) return 'another model'
  const start = ended.stdout.split('\n').find(line => line.includes('"type":"start"'))
  const { cached } = JSON.parse(start)
  if (cached < stored) return `${stored} songs were stored, and ${cached} were used again`
  if (killed.signal === 'SIGKILL' && stored === 0) return 'no song was stored before the kill'
  return undefined
}

/** Number of songs whose features are in the cache. */
function storedSongs(cache) {
  if (!existsSync(cache)) return 0
  return readdirSync(cache, { recursive: true }).filter(name => String(name).endsWith('.features')).length
}
