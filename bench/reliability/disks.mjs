// Full disks: a small file system in memory. Needs the permission to mount a file system.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained, training } from './material.mjs'

disks.title = 'Full disks'

/** Each command runs on a disk that becomes full at a random point, and again after the disk was enlarged. */
export async function disks({ folder, scale, random }) {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  const mount = size => spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', disk]).status === 0
  if (!mount(64)) throw new Error('this user may not mount a file system: run as root')
  const grow = () => spawnSync('mount', ['-o', 'remount,size=64m', disk])
  const leave = () => spawnSync('umount', [disk])
  leave()
  const material = music(folder, random)
  const model = await trained(folder, material)
  const truth = readFileSync(model)
  const often = Math.max(1, Math.round(20 * scale))
  const rows = []

  const tries = [
    {
      what: '`train` on a disk that becomes full: ERR_OUTPUT; after space is freed, running again gives the same bytes',
      from: 100,
      to: 900,
      async run() {
        const out = join(disk, 'run')
        const first = await samplecnn(training(material, out, join(folder, 'cache'), ['--checkpoint-seconds', '1']))
        if (first.status === 0) return null
        grow()
        const resume = existsSync(join(out, 'config.json')) ? ['--resume'] : []
        const second =
          first.status === 0 ? first : await samplecnn(training(material, out, join(folder, 'cache'), resume))
        const same = second.status === 0 && readFileSync(join(out, 'best.safetensors')).equals(truth)
        const coded = first.status === 0 || /disk is full|ERR_OUTPUT/.test(first.stderr)
        return faultOf(first) ?? (coded ? undefined : first.stderr) ?? (same ? undefined : second.stderr.slice(0, 300))
      },
    },
    {
      what: '`tag -o` on a disk that becomes full: ERR_OUTPUT; after space is freed, the same command completes',
      from: 4,
      to: 24,
      async run() {
        const args = ['tag', material.music, '-m', model, '-o', join(disk, 'tags.jsonl'), '--device', 'cpu', '-q']
        const first = await samplecnn(args)
        if (first.status === 0) return null
        grow()
        const second = await samplecnn(args)
        const kept = readFileSync(join(disk, 'tags.jsonl'), 'utf8').trimEnd().split('\n').length - 1
        const whole = second.status === 0 && kept === 60
        const coded = first.status === 0 || /disk is full|ERR_OUTPUT/.test(first.stderr)
        return faultOf(first) ?? (coded ? undefined : first.stderr) ?? (whole ? undefined : `${kept} rows`)
      },
    },
    {
      what: '`prepare` on a disk that becomes full: ERR_OUTPUT; after space is freed, the same command completes',
      from: 50,
      to: 900,
      async run() {
        const cache = join(disk, 'cache')
        const args = ['prepare', '--manifest', material.manifest, '-a', material.network, '--cache', cache, '-q']
        const first = await samplecnn(args)
        if (first.status === 0) return null
        grow()
        const second = await samplecnn(args)
        const coded = first.status === 0 || /disk is full|ERR_OUTPUT/.test(first.stderr)
        return faultOf(first) ?? (coded ? undefined : first.stderr) ?? (second.status === 0 ? undefined : second.stderr)
      },
    },
    {
      what: '`export` on a disk that becomes full: ERR_OUTPUT, and the older file stays intact',
      from: 4,
      to: 24,
      async run() {
        const out = join(disk, 'model.onnx')
        writeFileSync(out, 'older')
        const first = await samplecnn(['export', model, '-o', out, '--force', '-q'])
        const left = readFileSync(out)
        if (first.status === 0) return null
        const right = left.toString() === 'older'
        return faultOf(first) ?? (right ? undefined : `${left.length} bytes are left`)
      },
    },
  ]
  for (const { what, from, to, run } of tries) {
    const { row, count } = tally(what)
    for (let round = 0; round < often; round++) {
      const size = from + random.below(to - from)
      if (!mount(size)) throw new Error('the small file system could not be mounted again')
      try {
        // Null: the disk did not become full.
        const fault = await run()
        if (fault !== null) count(fault, `${size} KiB`)
      } catch (reason) {
        count(String(reason), `${size} KiB`)
      } finally {
        leave()
      }
    }
    rows.push(row)
  }

  const full = tally('results written to `/dev/full`: exit status 1 with a coded error')
  for (const args of [
    ['inspect', '3^9'],
    ['inspect', '3^9', '--json'],
    ['doctor'],
    ['--help'],
    ['tag', material.music, '-m', model, '--json'],
  ]) {
    const device = openSync('/dev/full', 'w')
    const ended = await samplecnn(args, { stdio: ['ignore', device, 'pipe'] })
    closeSync(device)
    const told = ended.status !== 0 && /ERR_OUTPUT|cannot write/.test(ended.stderr)
    full.count(
      faultOf(ended) ?? (told ? undefined : `exit ${ended.status}: ${ended.stderr.slice(0, 200)}`),
      args.join(' '),
    )
  }
  rows.push(full.row)
  rmSync(disk, { recursive: true, force: true })
  return rows
}
