// Checks whether the build outputs are newer than their sources.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { builtAddons, dist, loader, loaderTypes, root } from './paths.mjs'

/** Whether addon and loader exist and are newer than all files that they are built from. */
export function addonIsFresh() {
  const [addon] = builtAddons()
  if (addon === undefined) return false
  const sources = ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', 'crates', 'vendor', 'experiments'].map(name =>
    join(root, name),
  )
  return oldest([addon, loader, loaderTypes]) >= newest(sources)
}

/** Whether the JavaScript exists and is newer than every TypeScript source. */
export function typescriptIsFresh() {
  const sources = ['package.json', 'tsconfig.json', 'index.ts', 'src', 'cli', 'native.d.cts']
  return oldest([join(dist, 'index.js')]) >= newest(sources.map(name => join(root, name)))
}

/** The time of the last change below `paths`; folders count too, because removing a file changes only its folder. */
function newest(paths) {
  let time = 0
  for (const path of paths) {
    const entry = statSync(path, { throwIfNoEntry: false })
    if (entry === undefined) continue
    time = Math.max(time, entry.mtimeMs)
    if (entry.isDirectory()) time = Math.max(time, newest(readdirSync(path).map(name => join(path, name))))
  }
  return time
}

/** The time of the oldest of `files`; 0 if one is missing. */
function oldest(files) {
  return Math.min(...files.map(file => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0))
}
