// The platforms that have a package, and their manifests in npm/.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.mjs'

/** The manifest of the root. */
export const manifest = readJson(join(root, 'package.json'))

/** Every platform's folder in npm/, such as `linux-x64-gnu`, with its manifest. */
export const platforms = readdirSync(join(root, 'npm'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => ({ name: entry.name, folder: join(root, 'npm', entry.name) }))
  .map(platform => ({ ...platform, manifest: readJson(join(platform.folder, 'package.json')) }))

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
