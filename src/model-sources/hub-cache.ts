/**
 * The cache of the Hugging Face hub, in the layout of huggingface_hub: `models--user--repo/` with `blobs/` (the contents
 * by their etags), `refs/` (the commits of branches and tags) and `snapshots/COMMIT/` (links to the contents by the
 * names of the files).
 */

import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { SampleCnnError } from '../error.js'
import type { HubName } from './name.js'

/** Whether `revision` is a commit. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** The folder of a repository in the cache. */
export function repositoryFolder(cache: string, { repository }: HubName): string {
  return join(cache, ['models', ...repository.split('/')].join('--'))
}

/** The cached file `name`; undefined if it is not in the cache. */
export function cachedFile(cache: string, name: HubName): string | undefined {
  const folder = repositoryFolder(cache, name)
  const commit = isCommit(name.revision) ? name.revision : commitOf(join(folder, 'refs', name.revision))
  if (commit === undefined) return undefined
  const file = join(folder, 'snapshots', commit, name.file)
  return existsSync(file) ? file : undefined
}

function commitOf(ref: string): string | undefined {
  try {
    const commit = readFileSync(ref, 'utf8').trim()
    return isCommit(commit) ? commit : undefined
  } catch {
    return undefined
  }
}

/**
 * Enters the content `blob` as the file `name` of the commit `commit`, and the commit as that of the revision; returns
 * the path of the file.
 *
 * @throws {SampleCnnError} `ERR_OUTPUT`.
 */
export async function enter(cache: string, name: HubName, commit: string, blob: string): Promise<string> {
  const folder = repositoryFolder(cache, name)
  const file = join(folder, 'snapshots', commit, name.file)
  await writing(cache, async () => {
    await mkdir(dirname(file), { recursive: true })
    await replace(file, async temporary => {
      try {
        await symlink(relative(dirname(file), blob), temporary)
      } catch {
        // A file system without symbolic links.
        await copyFile(blob, temporary)
      }
    })
    if (isCommit(name.revision)) return
    const ref = join(folder, 'refs', name.revision)
    await mkdir(dirname(ref), { recursive: true })
    await replace(ref, async temporary => await writeFile(temporary, commit))
  })
  return file
}

/**
 * Runs `work`, which writes into the cache; its failure names the folder.
 *
 * @throws {SampleCnnError} `ERR_OUTPUT`.
 */
export async function writing<Result>(cache: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (typeof (cause as NodeJS.ErrnoException).syscall !== 'string') throw cause
    const why = (cause as Error).message
    const advice = 'make the folder writable, free some space, or set HF_HUB_CACHE to another folder'
    throw new SampleCnnError('ERR_OUTPUT', `cannot write to the cache of the hub, ${cache}: ${why}; ${advice}`, {
      cause,
      file: cache,
    })
  }
}

/** Writes `file` with `write` under another name first, so that no reader sees a part of it. */
async function replace(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  try {
    await write(temporary)
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true })
  }
}
