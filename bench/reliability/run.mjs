// Tries to break the command line, and prints the tests, the number of attempts, and the results.
//   node bench/reliability/run.mjs                    every section
//   ... --only kills,calls                            some sections
//   ... --scale 0.1                                   a tenth of the attempts
//   ... --seed 7                                      other random moments and other damage
//   ... --write                                       writes the tables into docs/reliability.md
// A failed attempt is printed with the details that reproduce it. The exit status is 1 if any attempt failed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table, writeSection } from '../cpu/report.mjs'
import { root } from '../../scripts/paths.mjs'
import { calls } from './calls.mjs'
import { disks } from './disks.mjs'
import { hostile } from './hostile.mjs'
import { kills } from './kills.mjs'
import { learning } from './learning.mjs'
import { random } from './random.mjs'
import { signals } from './signals.mjs'
import { sounds } from './sounds.mjs'

const sections = { kills, learning, calls, disks, signals, hostile, sounds }
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(sections).join(',') },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
})

let failed = 0
for (const name of values.only.split(',')) {
  const section = sections[name]
  if (section === undefined)
    throw new Error(`there is no section ${name}; there are ${Object.keys(sections).join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), `samplecnn-${name}-`))
  const started = Date.now()
  const rows = await section({ folder, scale: Number(values.scale), random: random(Number(values.seed)) })
  rmSync(folder, { recursive: true, force: true })
  for (const { losses } of rows) {
    failed += losses.length
    for (const loss of losses) console.log(`FAILED: ${loss}`)
  }
  const text = table(
    ['test', 'attempts', 'passed', 'failed'],
    rows.map(({ what, tries, right, losses }) => [what, tries, right, losses.length]),
  )
  const minutes = ((Date.now() - started) / 60_000).toFixed(1)
  console.log(`\n${name} (${minutes} min, seed ${values.seed})\n\n${text}\n`)
  if (values.write) {
    const scale = values.scale === '1' ? '' : ` --scale ${values.scale}`
    const command = `node bench/reliability/run.mjs --only ${name}${scale}`
    writeSection(join(root, 'docs', 'reliability.md'), name, `## ${section.title}\n\n    ${command}\n\n${text}`)
  }
}
process.exitCode = failed > 0 ? 1 : 0
