/**
 * Measures the similarity from which `dataset check --model` calls clips near-duplicates. Encodes up to 45 clips of a
 * folder anew in several ways with ffmpeg, and prints how many of the copies the check finds, and how many pairs of
 * different clips of the whole folder it reports.
 *
 *   node scripts/near-duplicates.mjs MODEL FOLDER
 *
 * The folder should hold different recordings only. It needs a built addon (`npm run build`) and ffmpeg.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join, resolve } from 'node:path'

import { checkDataset, Model } from 'samplecnn'

/** A finding names at most 100 clips: 45 clips and their copies, and some errors. */
const CLIPS = 45
const CHANGES = {
  'MP3, 64 kbit/s, 22,050 Hz': ['mp3', ['-b:a', '64k', '-ar', '22050']],
  'Ogg Vorbis, quality 3': ['ogg', ['-c:a', 'libvorbis', '-q:a', '3']],
  'quieter by 1 dB': ['wav', ['-af', 'volume=-1dB']],
  'quieter by 6 dB': ['wav', ['-af', 'volume=-6dB']],
  'without the first 0.35 s': ['wav', ['-ss', '0.35']],
}

const [model, root] = process.argv.slice(2)
if (model === undefined || root === undefined) {
  console.error('usage: node scripts/near-duplicates.mjs MODEL FOLDER')
  process.exit(2)
}

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && ['.mp3', '.wav', '.ogg', '.flac'].includes(extname(entry.name).toLowerCase()))
  .map(entry => resolve(join(entry.parentPath, entry.name)))
  .toSorted()
const step = Math.max(1, Math.floor(files.length / CLIPS))
const chosen = files.filter((_, index) => index % step === 0).slice(0, CLIPS)
const { samplingRate } = await Model.load(model)
const work = mkdtempSync(join(tmpdir(), 'near-duplicates-'))

/** The clips that the check reports as near-duplicates in two parts, and the message. */
async function reported(rows) {
  const list = join(work, 'list.jsonl')
  // Two tags, so that the list is a dataset; they mean nothing.
  const line = ([path, split], index) => JSON.stringify({ path, split, tags: [index % 2 === 0 ? 'a' : 'b'] })
  writeFileSync(list, rows.map(line).join('\n') + '\n')
  let found
  await checkDataset({
    dataset: { kind: 'manifest', path: list },
    model,
    samplingRate,
    cache: join(work, 'cache'),
    onEvent(event) {
      if (event.type === 'finding' && event.kind === 'near-duplicates-in-two-parts') found = event
    },
  })
  return { clips: (found?.clips ?? []).map(clip => basename(clip)), count: found?.count ?? 0 }
}

try {
  const halves = files.map((path, index) => [path, index % 2 === 0 ? 'train' : 'test'])
  const alone = await reported(halves)
  console.log(`${files.length} clips, half of them in each of two parts: ${alone.count} are reported`)
  for (const [words, [suffix, options]] of Object.entries(CHANGES)) {
    const copies = chosen.map((path, index) => {
      const copy = join(work, `copy-${index}.${suffix}`)
      execFileSync('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-i', path, ...options, copy])
      return copy
    })
    // All originals in one part: whatever is reported is about copies.
    const rows = [...files.map(path => [path, 'train']), ...copies.map(path => [path, 'test'])]
    const found = new Set((await reported(rows)).clips.filter(clip => clip.startsWith('copy-')))
    console.log(`${words}: ${found.size} of ${copies.length} copies are found`)
    for (const copy of copies) rmSync(copy)
  }
} finally {
  rmSync(work, { recursive: true })
}
