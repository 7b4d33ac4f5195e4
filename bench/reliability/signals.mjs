// Signals and closed streams.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained, training } from './material.mjs'

signals.title = 'Signals and closed streams'

/** Signals at random moments, and pipes whose reader exits. */
export async function signals({ folder, scale, random }) {
  const material = music(folder, random)
  const model = await trained(folder, material)
  const truth = readFileSync(model)
  const whole = await samplecnn(training(material, join(folder, 'whole'), join(folder, 'cache')))
  const often = Math.max(1, Math.round(20 * scale))
  const rows = []

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const row = tally(
      `\`train\`, ${signal}: a checkpoint, a documented exit status, and \`--resume\` gives the same bytes`,
    )
    for (let round = 0; round < often; round++) {
      const out = join(folder, 'signalled')
      rmSync(out, { recursive: true, force: true })
      const after = 250 + random.below(1000 * whole.seconds)
      const first = await samplecnn(training(material, out, join(folder, 'cache')), { kill: { signal, after } })
      const resume = existsSync(join(out, 'config.json')) ? ['--resume'] : []
      const second =
        first.status === 0 ? first : await samplecnn(training(material, out, join(folder, 'cache'), resume))
      const same = second.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
      // The training ended before the signal arrived.
      if (first.status === 0) continue
      // A signal before the handlers are installed ends any program.
      const early = first.signal === signal && after < 700
      row.count(
        (early ? undefined : faultOf(first)) ?? (same ? undefined : second.stderr.slice(0, 300)),
        `after ${after} ms`,
      )
    }
    rows.push(row.row)
  }

  const closed = tally(
    'the reader of stdout exits, or stderr is closed: no crash; a second run completes the output file',
  )
  for (let round = 0; round < often; round++) {
    const out = join(folder, 'tags.jsonl')
    rmSync(out, { force: true })
    const args = ['tag', material.music, '-m', model, '-o', out, '--json', '--device', 'cpu']
    const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
    const quoted = [process.execPath, program, ...args].map(word => `'${word}'`).join(' ')
    const line =
      round % 2 === 0
        ? `${quoted} | head -n ${1 + random.below(5)} > /dev/null; exit \${PIPESTATUS[0]}`
        : `${quoted} > /dev/null 2>&-`
    const first = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    const second = await samplecnn(['tag', material.music, '-m', model, '-o', out, '--device', 'cpu', '-q'])
    const kept = readFileSync(out, 'utf8').trimEnd().split('\n').length - 1
    const crash = /panicked|Unhandled|node:events/.test(first.stderr) ? first.stderr.slice(0, 300) : undefined
    closed.count(
      crash ?? (second.status === 0 && kept === 60 ? undefined : `${kept} rows, exit ${second.status}`),
      line.slice(-60),
    )
  }
  rows.push(closed.row)
  return rows
}
