// kill -9 at random moments of `learn`: while it listens, while it tests heads, and while it writes.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained } from './material.mjs'

learning.title = 'Kill -9 of `learn` at a random moment of each phase, then the same command again'

/** The songs; each is long enough that listening can be interrupted. */
const SONGS = 120
/** The phases: what the output shows when a phase has begun, and what when it has ended. */
const PHASES = {
  listening: { from: /"phase":"features","done":[1-9]/, to: /"type":"start"/ },
  'cross-validation': { from: /"type":"start"/, to: /"type":"tag"/ },
  writing: { from: /"type":"tag"/, to: /"type":"done"/ },
}

/** Kills `learn` in every phase, and runs it again. */
export async function learning({ folder, scale, random }) {
  const material = music(folder, random, SONGS, 8)
  const base = await trained(folder, material)
  const often = Math.max(1, Math.round(20 * scale))
  const args = (out, cache) => [
    ...['learn', '--manifest', material.manifest, '--from', base, '-o', out, '--cache', cache, '--bootstrap', '100'],
    ...['--device', 'cpu', '--threads', '1', '--jobs', '1', '--json', '-q'],
  ]
  const [out, cache] = [join(folder, 'learnt'), join(folder, 'features')]
  const rows = []
  for (const [phase, { from, to }] of Object.entries(PHASES)) {
    for (const path of [out, cache]) rmSync(path, { recursive: true, force: true })
    const whole = await samplecnn(args(out, cache), { span: { from, to } })
    if (whole.status !== 0) throw new Error(`learn failed: ${whole.stdout}${whole.stderr}`)
    const truth = readFileSync(join(out, 'model.safetensors'))
    const test = tally(
      `killed in ${phase}: listened songs are not listened to again, no half file is left, and the model has the same ` +
        'bytes as without a kill',
    )
    for (let round = 0; round < often; round++) {
      for (const path of [out, cache]) rmSync(path, { recursive: true, force: true })
      const after = random.below(Math.max(1, whole.span))
      const killed = await samplecnn(args(out, cache), { kill: { signal: 'SIGKILL', after, from } })
      const stored = storedSongs(cache)
      const left = join(out, 'model.safetensors')
      const isWhole = !existsSync(left) || readFileSync(left).equals(truth)
      const ended = await samplecnn(args(out, cache))
      test.count(
        faultOf(ended) ?? faultAfter({ ended, killed, stored, isWhole, same: same(left, truth) }),
        `killed ${after} ms after the phase began, ${stored} songs stored`,
      )
    }
    rows.push(test.row)
  }
  return rows
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

function same(path, truth) {
  return existsSync(path) && readFileSync(path).equals(truth)
}

/** Number of songs whose features are in the cache. */
function storedSongs(cache) {
  if (!existsSync(cache)) return 0
  return readdirSync(cache, { recursive: true }).filter(name => String(name).endsWith('.features')).length
}
