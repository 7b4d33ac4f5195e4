// The two data sets as manifests: which file is which class, and in which part. Both sides read these files.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** FSDD: takes 0-4 of each speaker and digit test, 5-9 validation, the rest training. */
function fsdd(root) {
  const folder = join(root, 'fsdd', 'recordings')
  return readdirSync(folder)
    .filter(name => name.endsWith('.wav'))
    .sort()
    .map(name => {
      const [digit, , take] = name.replace('.wav', '').split('_')
      const number = Number(take)
      return { path: join(folder, name), tag: digit, split: number < 5 ? 'test' : number < 10 ? 'valid' : 'train' }
    })
}

/** ESC-10: the number before the first hyphen is the fold; fold 1 test, fold 2 validation, 3 to 5 training. */
function esc10(root) {
  const folder = join(root, 'esc10')
  const classes = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return classes.flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter(file => file.endsWith('.ogg'))
      .sort()
      .map(file => {
        const fold = Number(file.split('-')[0])
        return {
          path: join(folder, name, file),
          tag: name.slice(6),
          split: fold === 1 ? 'test' : fold === 2 ? 'valid' : 'train',
        }
      }),
  )
}

/**
 * The experiments: data set, network, cap of epochs. The caps leave no room for the paper's patience of 4 epochs nor for its small first
 * weights, which need many updates: on both sides a stage ends after `patience` epochs without a new minimum, so that the learning rate
 * falls through all five stages below the cap, and weights are drawn by He's rule.
 */
export const experiments = {
  fsdd: { rows: fsdd, architecture: '3^7@8000', epochs: 15, patience: 1 },
  esc10: { rows: esc10, architecture: '3^8@8000', epochs: 30, patience: 2 },
}

/** A field of a CSV line. */
const quote = text => `"${text.replaceAll('"', '""')}"`

/** Writes the manifest of `name` into `out` and gives its path. */
export function writeManifest(name, data, out) {
  mkdirSync(out, { recursive: true })
  const path = resolve(out, `${name}.csv`)
  const lines = experiments[name].rows(resolve(data)).map(row => [quote(row.path), quote(row.tag), row.split].join(','))
  writeFileSync(path, ['path,tags,split', ...lines].join('\n') + '\n')
  return path
}
