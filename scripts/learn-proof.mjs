/**
 * Proves `learn` on two sets of other people's audio, which stay outside the repository, and prints the numbers of
 * docs/learn.md:
 *
 * - gm-mtat: 200 songs whose tags are written into the metadata of the files, compositions as artists. Wrong labels
 *   and copies are planted. The model is tested on songs of other compositions, beside scikit-learn's logistic
 *   regression on the same features: the means over the segments of the level that `learn` chose.
 * - ESC-10: tags from folder names, the five official folds, as a multi-label and as a single-label task.
 * - FSDD: spoken digits, which the base model has not been made for: the head alone, and a fine-tuned network.
 *
 *   node scripts/learn-proof.mjs BASE_MODEL [DATA [WHAT]]
 *   node scripts/learn-proof.mjs best.safetensors ../shared/data gm-mtat
 *
 * It needs ffmpeg, and Python with scikit-learn: PYTHON, or that of bench/.venv.
 */

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

import { clips } from './gm-mtat.mjs'
import { root } from './paths.mjs'
import { random } from './random.mjs'
import { capture } from './run.mjs'

const [base, data = join(root, '../shared/data'), what = 'all'] = process.argv.slice(2)
if (base === undefined) throw new Error('name the base model: node scripts/learn-proof.mjs BASE_MODEL [DATA [WHAT]]')
const from = resolve(base)

/** Songs that are learnt, wrong labels and copies that are planted. */
const [SONGS, WRONG, COPIES] = [200, 150, 20]
const folder = mkdtempSync(join(process.env.LEARN_PROOF_TMP ?? tmpdir(), 'samplecnn-learn-'))
const cache = join(folder, 'cache')

/** Runs samplecnn; returns its records. */
function samplecnn(words, wanted = [0]) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words, '--json', '-q'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (!wanted.includes(status)) throw new Error(`samplecnn ${words.join(' ')} ended with status ${status}\n${stdout}`)
  return stdout
    .trim()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** Learns into `out`; returns the records and the seconds. */
function learn(out, words) {
  const started = performance.now()
  const records = samplecnn([
    'learn',
    ...words,
    '--from',
    from,
    '-o',
    out,
    '--cache',
    cache,
    '--threads',
    '2',
    '--jobs',
    '2',
  ])
  return { records, done: records.at(-1), seconds: (performance.now() - started) / 1000 }
}

/** The tag with the highest score of each file: `[{ file, tag }]`. */
function firstTags(files, model, wanted) {
  const records = samplecnn(['tag', ...files, '-m', model, '--all'], wanted).filter(({ type }) => type === 'result')
  const first = tags => tags.reduce((one, other) => (other.score > one.score ? other : one))
  return records.map(({ file, tags }) => ({ file, tag: first(tags).tag }))
}

/** Rows of a CSV file with quoted cells, as objects. */
function csv(file) {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line =>
      [...line.matchAll(/("((?:[^"]|"")*)"|[^,]*)(,|$)/g)].map(found => found[2]?.replaceAll('""', '"') ?? found[1]),
    )
  return rows.slice(1).map(row => Object.fromEntries(rows[0].map((name, at) => [name, row[at]])))
}

/** Writes `clip` with the metadata of a music library; `again` encodes it anew. */
function write(clip, file, { tags, artist, again = false }) {
  const codec = again ? ['-c:a', 'libmp3lame', '-b:a', '48k'] : ['-c:a', 'copy']
  const facts = ['-metadata', `genre=${tags.join(';')}`, '-metadata', `artist=${artist}`]
  capture('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-i',
    join(data, 'gm-mtat', clip.path),
    '-map_metadata',
    '-1',
    ...codec,
    ...facts,
    file,
  ])
}

function gmMtat() {
  const all = clips(data)
  const draw = random(5)
  const isTest = clip => 'def'.includes(clip.part)
  const shuffled = all
    .filter(clip => !isTest(clip))
    .map(clip => [draw(), clip])
    .sort((one, other) => one[0] - other[0])
  const songs = shuffled.slice(0, SONGS).map(([, clip]) => clip)
  const test = all.filter(isTest)
  const music = join(folder, 'music')
  mkdirSync(music)
  const names = [...new Set(songs.flatMap(clip => clip.tags))].sort()
  const name = clip => `${clip.composition} ${clip.path.slice(2)}`
  songs.forEach(clip =>
    write(clip, join(music, name(clip)), { tags: clip.tags, artist: `composition ${clip.composition}` }),
  )
  console.log(
    `gm-mtat: ${songs.length} songs of ${new Set(songs.map(clip => clip.composition)).size} compositions, ` +
      `${names.length} tags; ${test.length} test songs of other compositions`,
  )

  const clean = learn(join(folder, 'clean'), [music])
  const { done, records } = clean
  const started = records.find(record => record.type === 'start')
  console.log(`learn: ${clean.seconds.toFixed(0)} s on 2 cores; ${started.groups.groups} groups; head: ${done.head}`)
  console.log(
    `  ${done.tags.length} tags, ${done.withheld} withheld; cross-validated ROC-AUC ${done.rocAuc.toFixed(3)} ` +
      `(${done.interval.map(end => end.toFixed(3)).join(' to ')}), ` +
      `calibration error ${done.calibrationError.toFixed(3)}`,
  )
  const again = learn(join(folder, 'clean'), [music])
  console.log(`learn again: ${again.seconds.toFixed(1)} s`)

  // The test songs, scored by the learnt model and by scikit-learn on the features of the base model.
  const testFiles = test.map(clip => join(data, 'gm-mtat', clip.path))
  const songFiles = songs.map(clip => join(music, name(clip)))
  const scored = samplecnn(['tag', ...testFiles, '-m', done.model, '--all', '--calibrated', '--segments', '10'])
  const scores = scored.filter(record => record.type === 'result').map(record => record.tags.map(({ score }) => score))
  const levels = done.head.includes('on the hidden layer') ? '--levels=-1' : '--levels=-4,-3,-2'
  for (const [of, files] of [
    ['songs', songFiles],
    ['test', testFiles],
  ]) {
    samplecnn(['embed', ...files, '-m', from, levels, '--segments', '10', '-o', join(folder, `${of}.npy`)])
  }
  const has = clip => done.tags.map(tag => clip.tags.includes(tag))
  writeFileSync(
    join(folder, 'task.json'),
    JSON.stringify({
      tags: done.tags,
      scores,
      songs: {
        features: join(folder, 'songs.npy'),
        targets: songs.map(has),
        groups: songs.map(clip => clip.composition),
      },
      test: { features: join(folder, 'test.npy'), targets: test.map(has), groups: test.map(clip => clip.composition) },
    }),
  )
  const python = process.env.PYTHON ?? join(root, 'bench/.venv/bin/python')
  console.log(
    capture(existsSync(python) ? python : 'python3', [
      join(root, 'scripts/learn-proof.py'),
      join(folder, 'task.json'),
    ]).trim(),
  )

  // Wrong labels: cells of the tags that the model has are turned round.
  const planted = new Set()
  while (planted.size < WRONG) {
    planted.add(`${Math.floor(draw() * songs.length)} ${Math.floor(draw() * done.tags.length)}`)
  }
  const wrong = join(folder, 'wrong')
  mkdirSync(wrong)
  songs.forEach((clip, song) => {
    const tags = names.filter(tag => {
      const turned = planted.has(`${song} ${done.tags.indexOf(tag)}`)
      return clip.tags.includes(tag) !== turned
    })
    write(clip, join(wrong, name(clip)), { tags, artist: `composition ${clip.composition}` })
  })
  const suspected = csv(learn(join(folder, 'wrong-out'), [wrong]).done.wrongLabels)
  const isPlanted = ({ path, tag }) => {
    const song = songs.findIndex(clip => path.endsWith(name(clip)))
    return planted.has(`${song} ${done.tags.indexOf(tag)}`)
  }
  const first = suspected.slice(0, 50)
  console.log(
    `wrong labels: ${planted.size} planted, ${suspected.length} listed; precision at 50: ` +
      `${(first.filter(isPlanted).length / first.length).toFixed(2)}`,
  )

  // Copies: encoded anew, under another artist.
  const originals = songs.slice(0, COPIES)
  originals.forEach((clip, at) =>
    write(clip, join(music, `copy of ${name(clip)}`), { tags: clip.tags, artist: `other artist ${at}`, again: true }),
  )
  const copied = learn(join(folder, 'copies'), [music])
  const rows = csv(join(folder, 'copies', 'songs.csv'))
  const row = file => rows.find(({ path }) => path === join(music, file))
  const pairs = originals.map(clip => [row(name(clip)), row(`copy of ${name(clip)}`)])
  const leftOut = pairs.filter(([one, other]) => one.leftOut !== '' || other.leftOut !== '').length
  const across = pairs.filter(
    ([one, other]) => one.leftOut === '' && other.leftOut === '' && one.part !== other.part,
  ).length
  const others = rows.filter(({ leftOut }) => leftOut !== '').length - leftOut
  console.log(
    `copies: ${pairs.length} planted (${copied.done.songs} songs used): ${leftOut} left out, ${across} in two parts; ` +
      `${others} other songs left out as copies`,
  )
}

function esc10() {
  const classes = readdirSync(join(data, 'esc10'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
  const clips = classes.flatMap(name =>
    readdirSync(join(data, 'esc10', name))
      .filter(file => file.endsWith('.ogg'))
      .map(file => ({ name, file, fold: file[0] })),
  )
  const plain = text => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  // The features are computed for the first task, and used again for the second one.
  for (const task of ['multi-label', 'single-label']) {
    let [right, total, seconds] = [0, 0, 0]
    for (const fold of '12345') {
      const music = join(folder, `esc10-${fold}`)
      classes.forEach(name => mkdirSync(join(music, name), { recursive: true }))
      for (const { name, file } of clips.filter(clip => clip.fold !== fold)) {
        copyFileSync(join(data, 'esc10', name, file), join(music, name, file))
      }
      const out = join(folder, `esc10-out-${task}-${fold}`)
      const sources = [music, '--metadata', 'none', '--folder-levels', '1', '--segments', '100']
      const learnt = learn(out, [...sources, '--task', task])
      seconds += learnt.seconds
      const test = clips.filter(clip => clip.fold === fold)
      const files = test.map(({ name, file }) => join(data, 'esc10', name, file))
      for (const { file, tag } of firstTags(files, learnt.done.model, [0, 1])) {
        const truth = test.find(clip => file.endsWith(join(clip.name, clip.file))).name
        total += 1
        // The names of tags are normalised: compare letters and digits only.
        right += plain(truth) === plain(tag) ? 1 : 0
      }
      const own = learnt.done.accuracy === null ? '' : `, accuracy on its own songs ${learnt.done.accuracy.toFixed(3)}`
      console.log(`ESC-10 ${task}, fold ${fold}: ${learnt.done.tags.length} tags, head: ${learnt.done.head}${own}`)
    }
    const accuracy = ((100 * right) / total).toFixed(1)
    console.log(
      `ESC-10 ${task}: accuracy ${accuracy} % of ${total} clips; ${seconds.toFixed(0)} s for five times learning`,
    )
  }
}

function digits() {
  const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
  const recordings = readdirSync(join(data, 'fsdd/recordings')).map(file => {
    const [digit, , take] = file.replace('.wav', '').split('_')
    return { file: join(data, 'fsdd/recordings', file), word: words[Number(digit)], take: Number(take) }
  })
  const music = join(folder, 'digits')
  words.forEach(word => mkdirSync(join(music, word), { recursive: true }))
  const songs = recordings.filter(({ take }) => take >= 10 && take < 40)
  songs.forEach(({ file, word }) => copyFileSync(file, join(music, word, basename(file))))
  const test = recordings.filter(({ take }) => take < 5)
  const percent = share => `${(100 * share).toFixed(1)} %`
  for (const depth of ['head', 'all']) {
    const sources = [music, '--metadata', 'none', '--folder-levels', '1', '--task', 'single-label']
    const { done, records, seconds } = learn(join(folder, `digits-out-${depth}`), [...sources, '--depth', depth])
    const tuning = records.find(({ type }) => type === 'fineTuning')
    if (tuning !== undefined) {
      console.log(
        `FSDD: on ${tuning.songs} held-out recordings the head is right in ${percent(tuning.head)}, the fine-tuned ` +
          `network in ${percent(tuning.tuned)}; 95 % interval of the difference ` +
          `${tuning.interval.map(percent).join(' to ')}; kept: ${tuning.kept ? 'yes' : 'no'}`,
      )
    }
    const files = test.map(({ file }) => file)
    const tagged = firstTags(files, done.model)
    const truth = new Map(test.map(({ file, word }) => [basename(file), word]))
    const right = tagged.filter(({ file, tag }) => truth.get(basename(file)) === tag).length
    console.log(
      `FSDD, depth ${depth}: learnt from ${songs.length} recordings in ${seconds.toFixed(0)} s; ` +
        `${right} of ${tagged.length} recordings of other takes are right (${percent(right / tagged.length)})`,
    )
  }
}

const proofs = { 'gm-mtat': gmMtat, esc10, fsdd: digits }
if (what !== 'all' && proofs[what] === undefined) throw new Error(`WHAT is all, ${Object.keys(proofs).join(' or ')}`)
try {
  console.log(`base model: ${from}`)
  for (const [name, prove] of Object.entries(proofs)) if (what === 'all' || what === name) prove()
} finally {
  if (process.env.LEARN_PROOF_TMP === undefined) rmSync(folder, { recursive: true, force: true })
  else console.log(`files: ${folder}`)
}
