// Tries to break the command line, and prints what was tried, how often, and the result.
//   node bench/reliability/run.mjs                    every section
//   ... --only kills,calls                            some of them
//   ... --scale 0.1                                   a tenth of the tries
//   ... --seed 7                                      other random moments and other damage
//   ... --write                                       puts the tables into docs/reliability.md
// A try that loses is printed with the command that shows it. The exit status is 1 where one lost.
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
import { random } from './random.mjs'
import { signals } from './signals.mjs'
import { sounds } from './sounds.mjs'

const sections = { kills, calls, disks, signals, hostile, sounds }
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(sections).join(',') },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
})

let lost = 0
for (const name of values.only.split(',')) {
  const section = sections[name]
  if (section === undefined)
    throw new Error(`there is no section ${name}; there are ${Object.keys(sections).join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), `samplecnn-${name}-`))
  const started = Date.now()
  const rows = await section({ folder, scale: Number(values.scale), random: random(Number(values.seed)) })
  rmSync(folder, { recursive: true, force: true })
  for (const { losses } of rows) {
    lost += losses.length
    for (const loss of losses) console.log(`LOST: ${loss}`)
  }
  const text = table(
    ['what was tried', 'tries', 'as it should be', 'lost'],
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
process.exitCode = lost > 0 ? 1 : 0
