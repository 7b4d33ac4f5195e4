// Writes the datasets as manifests: the tags and the part of each file. Both programs read the same clips.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** FSDD: takes 0-4 of each speaker and digit are the test part; takes 5-9 the validation part if there is one. */
function fsdd(root, { validation }) {
  const folder = join(root, 'fsdd', 'recordings')
  return readdirSync(folder)
    .filter(name => name.endsWith('.wav'))
    .sort()
    .map(name => {
      const [digit, , take] = name.replace('.wav', '').split('_')
      const number = Number(take)
      const split = number < 5 ? 'test' : validation && number < 10 ? 'valid' : 'train'
      return { path: join(folder, name), tags: [digit], split }
    })
}

/**
 * ESC-10: the number before the first hyphen is the fold. `fold` is the test part, the next one the validation part if
 * there is one.
 */
function esc10(root, { fold, validation }) {
  const folder = join(root, 'esc10')
  const classes = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return classes.flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter(file => file.endsWith('.ogg'))
      .sort()
      .map(file => {
        const own = Number(file.split('-')[0])
        const split = own === fold ? 'test' : validation && own === (fold % 5) + 1 ? 'valid' : 'train'
        return { path: join(folder, name, file), tags: [name.slice(6)], split }
      }),
  )
}

/** gm-mtat: the split of MagnaTagATune by the folder of a clip (0-b train, c validation, d-f test). */
function gmMtat(root) {
  const folder = join(root, 'gm-mtat')
  const [names, ...rows] = readFileSync(join(folder, 'annotations_final.csv'), 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split('\t').map(field => field.trim().replaceAll('"', '')))
  const path = names.indexOf('mp3_path')
  return rows.map(row => {
    const part = row[path][0]
    return {
      path: join(folder, row[path]),
      tags: names.filter((_, column) => column > 0 && column !== path && row[column] === '1'),
      split: part === 'c' ? 'valid' : 'def'.includes(part) ? 'test' : 'train',
    }
  })
}

const rowsOf = { fsdd, esc10, 'gm-mtat': gmMtat }

/** A field of a CSV line. */
const quote = text => `"${text.replaceAll('"', '""')}"`

/**
 * Writes the manifest of the dataset `name` into the folder `out` and returns its path. `fold` is the test part of
 * ESC-10; without `validation`, FSDD and ESC-10 have no validation part.
 */
export function writeManifest(name, data, out, { fold = 1, validation = true } = {}) {
  mkdirSync(out, { recursive: true })
  const path = resolve(out, `${name}${name === 'esc10' ? `-fold-${fold}` : ''}${validation ? '' : '-all'}.csv`)
  const rows = rowsOf[name](resolve(data), { fold, validation })
  const lines = rows.map(row => [quote(row.path), quote(row.tags.join('|')), row.split].join(','))
  writeFileSync(path, ['path,tags,split', ...lines].join('\n') + '\n')
  return path
}

/** The tags of a manifest of one tag for each clip, in alphabetical order. */
export function tagsOf(manifest) {
  const [, ...lines] = readFileSync(manifest, 'utf8').trim().split('\n')
  return [...new Set(lines.map(line => line.split('","')[1].split('"')[0]))].sort()
}

/** The tags of the annotations of gm-mtat, in the order of its columns. */
export function gmMtatTags(data) {
  const [line] = readFileSync(join(data, 'gm-mtat', 'annotations_final.csv'), 'utf8').split('\n', 1)
  const names = line.split('\t').map(field => field.trim().replaceAll('"', ''))
  return names.filter(name => name !== 'clip_id' && name !== 'mp3_path')
}
