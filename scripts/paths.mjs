// Paths in the work tree.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** The generated CommonJS loader of the addon. */
export const loader = join(root, 'native.cjs')
/** The declarations of the addon. */
export const loaderTypes = join(root, 'native.d.cts')
/** The compiled TypeScript. */
export const dist = join(root, 'dist')

/** The addons in the root: one, or none before the first build. */
export function builtAddons() {
  return readdirSync(root)
    .filter(name => /^samplecnn\..+\.node$/.test(name))
    .map(name => join(root, name))
}
