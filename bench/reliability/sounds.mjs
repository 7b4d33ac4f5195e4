// Audio files from many sources: each gives a result or a coded error, and "has audio" agrees with ffmpeg.
import { spawnSync } from 'node:child_process'
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'
import { samplecnn, tally } from './command.mjs'
import { music, trained } from './material.mjs'

sounds.title = 'Damaged, tiny and unusual audio files'

/** Error codes of formats that samplecnn does not decode. */
const foreign = new Set(['ERR_UNSUPPORTED_FORMAT'])

/** Tests every file of `../shared/data/oddities` and of the folder SAMPLECNN_SOUNDS. */
export async function sounds({ folder, random }) {
  const material = music(folder, random, 12)
  const model = await trained(folder, material)
  const folders = [join(root, '..', 'shared', 'data', 'oddities'), process.env.SAMPLECNN_SOUNDS].filter(
    path => path !== undefined && existsSync(path),
  )
  if (folders.length === 0) throw new Error('there are no audio files to test: set SAMPLECNN_SOUNDS to a folder')
  const out = join(folder, 'tags.jsonl')
  const list = folders.flatMap(path => filesBelow(path))
  const ended = await samplecnn(['tag', '-', '-m', model, '-o', out, '--device', 'cpu', '-q', '-0'], {
    seconds: 600,
    stdio: [pipeOf(folder, list), 'pipe', 'pipe'],
  })
  const all = tally('files of public test suites: each gives a result or a coded error, and the run ends by itself')
  const records = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => JSON.parse(line))
  for (const record of records) {
    const code = record.error?.code
    all.count(record.type === 'result' || code?.startsWith('ERR_') ? undefined : JSON.stringify(record), record.file)
  }
  if (ended.status > 4 || ended.signal !== null) all.count(`exit ${ended.status} ${ended.signal}`, 'the whole run')
  const agree = tally('"has audio" agrees with ffmpeg, except for formats reported as unsupported')
  for (const record of records) {
    const theirs = secondsOf(record.file) >= 0.1
    const code = record.error?.code
    const ours = record.type === 'result' || code === 'ERR_SILENCE'
    const right = ours === theirs || foreign.has(code) || code === 'ERR_TOO_SHORT'
    agree.count(
      right ? undefined : `ffmpeg ${theirs ? 'hears' : 'hears no'} sound, we say ${code ?? record.status}`,
      record.file,
    )
  }
  return [all.row, agree.row]
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** Returns a file descriptor from which the names can be read, separated by NUL. */
function pipeOf(folder, names) {
  const path = join(folder, 'names')
  writeFileSync(path, names.join('\0'))
  return openSync(path, 'r')
}

/** Returns how many seconds of audio ffmpeg decodes; 0 if it decodes nothing. */
function secondsOf(file) {
  const { stdout } = spawnSync(
    'ffmpeg',
    ['-v', 'quiet', '-i', file, '-vn', '-ac', '1', '-ar', '8000', '-f', 's16le', '-'],
    {
      maxBuffer: 1 << 28,
      timeout: 30_000,
    },
  )
  return (stdout?.length ?? 0) / 16_000
}
