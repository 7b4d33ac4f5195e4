import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { dataset } from '../support/dataset.js'
import { emptyFolder } from '../support/folder.js'
import { recordsOf, samplecnn } from '../support/samplecnn.js'

/** A file of the kernel; reading it is an I/O error, also for root. Not every kernel has it. */
const broken = '/sys/devices/system/cpu/cpu0/power/autosuspend_delay_ms'

function isBroken(): boolean {
  try {
    readFileSync(broken)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EIO'
  }
}

const whereReadingFails = isBroken() ? test : test.skip

whereReadingFails('a temporary read error gives its own exit status, and the same command tries again', async t => {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  const flags = ['--manifest', path, '--cache', join(folder, 'cache'), '-a', '3^4@8000']
  const [file, away] = [join(folder, 'clips/low-0.wav'), join(folder, 'away.wav')]
  renameSync(file, away)
  symlinkSync(broken, file)
  const first = await samplecnn(['prepare', ...flags, '--json'])
  t.is(first.status, 4, first.stderr)
  const records = recordsOf(first.stdout)
  t.like(records.at(-1), { type: 'done', clips: 16, usable: 15, unread: 1, failed: 0 })
  t.like(
    records.find(({ code }) => code === 'files-unread'),
    { type: 'warning' },
  )
  const trained = await samplecnn(['train', ...flags, '--epochs', '1', '-o', join(folder, 'run'), '--json'])
  t.is(trained.status, 4, trained.stderr)
  t.like(recordsOf(trained.stdout).at(-1), { type: 'error', error: { code: 'ERR_IO' } })

  rmSync(file)
  renameSync(away, file)
  const second = await samplecnn(['prepare', ...flags, '--json'])
  t.is(second.status, 0, second.stderr)
  t.like(recordsOf(second.stdout).at(-1), { type: 'done', usable: 16, unread: 0, decoded: 1 })
})

test('with --strict a clip that would be left out is an error', async t => {
  const folder = emptyFolder(t)
  const { path } = dataset(folder) as { readonly path: string }
  const flags = ['--manifest', path, '--cache', join(folder, 'cache'), '-a', '3^4@8000']
  t.is((await samplecnn(['prepare', ...flags, '--strict'])).status, 0)
  rmSync(join(folder, 'clips/low-0.wav'))
  t.is((await samplecnn(['prepare', ...flags])).status, 1)
  for (const words of [
    ['prepare', ...flags],
    ['train', ...flags, '--epochs', '1', '-o', join(folder, 'run')],
  ]) {
    const ended = await samplecnn([...words, '--strict', '--json'])
    t.is(ended.status, 3, ended.stderr)
    t.like(recordsOf(ended.stdout).at(-1), { type: 'error', error: { code: 'ERR_DATASET' } })
  }
})
