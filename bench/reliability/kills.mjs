// kill -9 at random moments, then the same command again.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained, training } from './material.mjs'

kills.title = 'Kill -9 at a random moment, then the same command again'

/** Kills `train`, `tag`, `prepare` and `export` at random moments, and runs them again. */
export async function kills({ folder, scale, random }) {
  const material = music(folder, random)
  const model = await trained(folder, material)
  const truth = readFileSync(model)
  const often = Math.max(1, Math.round(30 * scale))
  const rows = []

  const train = tally('`train`, killed up to three times: the model has the same bytes as without a kill')
  const whole = await samplecnn(training(material, join(folder, 'whole'), join(folder, 'whole-cache')))
  for (let round = 0; round < often; round++) {
    const [out, cache] = [join(folder, 'killed'), join(folder, 'killed-cache')]
    for (const path of [out, cache]) rmSync(path, { recursive: true, force: true })
    const moments = []
    let ended
    for (let part = 0; part < 4; part++) {
      const resume = existsSync(join(out, 'config.json')) ? ['--resume'] : []
      const after = random.below(whole.seconds * 1000) + 100
      if (part < 3) moments.push(after)
      ended = await samplecnn(training(material, out, cache, ['--checkpoint-seconds', '1', ...resume]), {
        kill: part < 3 ? { signal: 'SIGKILL', after } : undefined,
      })
      if (ended.status === 0) break
    }
    const same = ended.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
    train.count(
      same ? undefined : (faultOf(ended) ?? `another model: ${ended.stderr.slice(0, 300)}`),
      `killed after ${moments.join(', ')} ms`,
    )
  }
  rows.push(train.row)

  const tag = tally('`tag -o` (JSON lines and CSV), killed: the second run completes the output, each file once')
  for (let round = 0; round < often; round++) {
    const out = join(folder, round % 2 === 0 ? 'tags.jsonl' : 'tags.csv')
    for (const path of [out, `${out}.start.json`]) rmSync(path, { force: true })
    const args = ['tag', material.music, '-m', model, '-o', out, '--device', 'cpu', '-q']
    const after = 150 + random.below(900)
    await samplecnn(args, { kill: { signal: 'SIGKILL', after } })
    const ended = await samplecnn(args)
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n').slice(1)
    const names = new Set(lines.map(line => /(\d{4})\.wav/.exec(line)?.[1]))
    const complete = ended.status === 0 && lines.length === 60 && names.size === 60
    tag.count(
      complete ? undefined : (faultOf(ended) ?? `${lines.length} rows, ${names.size} files`),
      `killed after ${after} ms`,
    )
  }
  rows.push(tag.row)

  const prepare = tally(
    '`prepare`, killed: the second run completes the cache, and a training with it gives the same bytes',
  )
  for (let round = 0; round < Math.ceil(often / 3); round++) {
    const [cache, out] = [join(folder, 'cache-killed'), join(folder, 'run-killed')]
    for (const path of [cache, out]) rmSync(path, { recursive: true, force: true })
    const args = ['prepare', '--manifest', material.manifest, '-a', material.network, '--cache', cache, '-q']
    const after = 150 + random.below(500)
    await samplecnn(args, { kill: { signal: 'SIGKILL', after } })
    const ended = await samplecnn(args)
    const run = await samplecnn(training(material, out, cache))
    const same = run.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
    prepare.count(
      same && ended.status === 0 ? undefined : (faultOf(ended) ?? faultOf(run) ?? 'another model'),
      `killed after ${after} ms`,
    )
  }
  rows.push(prepare.row)

  const exported = tally('`export`, killed: the file is absent or complete')
  for (let round = 0; round < often; round++) {
    const out = join(folder, 'model.onnx')
    rmSync(out, { force: true })
    const after = 100 + random.below(400)
    await samplecnn(['export', model, '-o', out, '-q'], { kill: { signal: 'SIGKILL', after } })
    const left = existsSync(out) ? readFileSync(out) : undefined
    await samplecnn(['export', model, '-o', out, '-q'])
    const right = left === undefined || left.equals(readFileSync(out))
    exported.count(right ? undefined : 'half a file', `killed after ${after} ms`)
  }
  rows.push(exported.row)
  return rows
}
