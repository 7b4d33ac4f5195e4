// Writes the two datasets as manifests: the class and the part of each file. Both programs read these manifests.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * FSDD: takes 0-4 of each speaker and digit are the test part, takes 5-9 the validation part, the rest the training
 * part.
 */
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

/**
 * ESC-10: the number before the first hyphen is the fold; fold 1 is the test part, fold 2 the validation part, folds 3
 * to 5 the training part.
 */
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
 * The experiments: dataset, network, limit of epochs. These limits are too low for the paper's patience of 4 epochs and
 * for its small initial weights, which need many updates. Therefore, in both programs, a stage ends after `patience`
 * epochs without a new minimum, so that the learning rate goes through all five stages within the limit, and weights
 * are initialised with the He scheme.
 */
export const experiments = {
  fsdd: { rows: fsdd, architecture: '3^7@8000', epochs: 15, patience: 1 },
  esc10: { rows: esc10, architecture: '3^8@8000', epochs: 30, patience: 2 },
}

/** A field of a CSV line. */
const quote = text => `"${text.replaceAll('"', '""')}"`

/** Writes the manifest of `name` into `out` and returns its path. */
export function writeManifest(name, data, out) {
  mkdirSync(out, { recursive: true })
  const path = resolve(out, `${name}.csv`)
  const lines = experiments[name].rows(resolve(data)).map(row => [quote(row.path), quote(row.tag), row.split].join(','))
  writeFileSync(path, ['path,tags,split', ...lines].join('\n') + '\n')
  return path
}
