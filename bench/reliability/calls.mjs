// Makes system calls fail during a command with a preloaded library, then runs the same command without the library.
import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained, training } from './material.mjs'

calls.title = 'System calls that fail'

const { EIO, EACCES, EMFILE, ENOSPC, ESTALE } = constants.errno

/** Makes reads fail during `tag` and `prepare`, and writes fail during `train`. */
export async function calls({ folder, scale, random }) {
  const library = join(folder, 'calls.so')
  const made = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-o',
    library,
    join(root, 'bench', 'reliability', 'calls.c'),
    '-ldl',
  ])
  if (made.status !== 0)
    throw new Error('the library that makes system calls fail could not be compiled: a C compiler is needed')
  const material = music(folder, random)
  const model = await trained(folder, material)
  const truth = readFileSync(model)
  const often = Math.max(1, Math.round(12 * scale))
  // An attempt counts only if a call really failed.
  const log = join(folder, 'hits')
  const wasHit = () => existsSync(log)
  const failing = (call, path, at, errno, count = 1) => ({
    FAIL_LOG: log,
    LD_PRELOAD: library,
    FAIL_CALL: call,
    FAIL_IN: path,
    FAIL_AT: String(at),
    FAIL_COUNT: String(count),
    FAIL_ERRNO: String(errno),
  })
  const rows = []

  for (const [call, errnos] of [
    ['open', [EIO, EACCES, EMFILE, ESTALE]],
    ['read', [EIO, ESTALE]],
  ]) {
    const tag = tally(
      `\`tag -o\`, \`${call}\` of audio fails: no result for the file, exit status 4, the same command completes`,
    )
    for (let round = 0; round < often; round++) {
      const out = join(folder, 'tags.jsonl')
      for (const path of [out, log]) rmSync(path, { force: true })
      const errno = errnos[random.below(errnos.length)]
      const args = ['tag', material.music, '-m', model, '-o', out, '--device', 'cpu', '-q']
      const at = random.below(call === 'open' ? 60 : 120)
      const first = await samplecnn(args, { env: failing(call, '/music/', at, errno, 1 + random.below(5)) })
      const wholeResults = () =>
        readFileSync(out, 'utf8')
          .split('\n')
          .filter(line => line.includes('"type":"result"') && line.includes('"status":"ok"')).length
      const before = wholeResults()
      const second = await samplecnn(args)
      const results = wholeResults()
      let fault = faultOf(first) ?? faultOf(second)
      // "Too many open files" can be over before the run ends: then the run is complete.
      if (fault === undefined && first.status !== (before === 60 ? 0 : 4)) {
        fault = `first exit status ${first.status}, ${before} whole results of 60`
      }
      if (fault === undefined && (second.status !== 0 || results !== 60)) {
        fault = `second exit status ${second.status}, ${results} whole results of 60`
      }
      if (wasHit()) tag.count(fault, `errno ${errno} at call ${at}`)
    }
    rows.push(tag.row)
  }

  const prepare = tally(
    '`prepare`, reads of audio fail: no file counts as broken, the same command completes, same bytes after training',
  )
  for (let round = 0; round < often; round++) {
    const [cache, out] = [join(folder, 'cache-failing'), join(folder, 'run-failing')]
    for (const path of [cache, out, log]) rmSync(path, { recursive: true, force: true })
    const args = ['prepare', '--manifest', material.manifest, '-a', material.network, '--cache', cache, '-q']
    const at = random.below(60)
    const first = await samplecnn(args, { env: failing(round % 2 === 0 ? 'open' : 'read', '/music/', at, EIO, 3) })
    const second = await samplecnn(args)
    const run = await samplecnn(training(material, out, cache))
    const same = run.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
    const fault = faultOf(first) ?? faultOf(second) ?? faultOf(run)
    if (!wasHit()) continue
    prepare.count(
      fault ?? (same && second.status === 0 ? undefined : `second exit ${second.status}, another model`),
      `at call ${at}`,
    )
  }
  rows.push(prepare.row)

  const train = tally(
    '`train`, a write, fsync or rename in the run folder fails: a coded error; running again gives the same bytes',
  )
  for (let round = 0; round < often; round++) {
    const [cache, out] = [join(folder, 'cache'), join(folder, 'failing-run')]
    for (const path of [out, log]) rmSync(path, { recursive: true, force: true })
    const call = ['write', 'fsync', 'rename'][round % 3]
    const at = random.below(12)
    const more = ['--checkpoint-seconds', '1']
    const first = await samplecnn(training(material, out, cache, more), {
      env: failing(call, '/failing-run', at, ENOSPC, 2),
    })
    const resume = existsSync(join(out, 'config.json')) ? ['--resume'] : []
    const second = first.status === 0 ? first : await samplecnn(training(material, out, cache, [...more, ...resume]))
    const same = second.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
    const fault = faultOf(first) ?? faultOf(second)
    if (!wasHit()) continue
    train.count(
      fault ?? (same ? undefined : `exit ${second.status}: ${second.stderr.slice(0, 300)}`),
      `${call} at call ${at}`,
    )
  }
  rows.push(train.row)
  return rows
}
