// The packages in npm/: that of the default model, and those of the platforms, with their manifests.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.mjs'

/** The manifest of the root. */
export const manifest = readJson(join(root, 'package.json'))

/** The folder of the package of the default model. */
export const modelFolder = join(root, 'npm', 'model')

/** Every platform's folder in npm/, such as `linux-x64-gnu`, with its manifest. */
export const platforms = readdirSync(join(root, 'npm'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => ({ name: entry.name, folder: join(root, 'npm', entry.name) }))
  .filter(({ folder }) => folder !== modelFolder)
  .map(platform => ({ ...platform, manifest: readJson(join(platform.folder, 'package.json')) }))

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
