// Makes the tarballs that are published: the root package (JavaScript only), the package of this machine's platform,
// and the package of the default model.
//   node scripts/package.mjs               release build, into target/packages
//   ... --dev                              with the existing addon, or a dev build
//   ... --out DIR                          into another folder
//   ... --model DIR                        with the package of the default model in DIR instead of npm/model
// The work tree is not changed: the packages are assembled in a temporary folder.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { notices } from './notices.mjs'
import { glibcFloor, isNewer, neededGlibc, hasZig } from './glibc-floor.mjs'
import { modelFaults } from './model-package.mjs'
import { manifest, modelFolder, platforms } from './packages.mjs'
import { builtAddons, root } from './paths.mjs'
import { run } from './run.mjs'

const { values } = parseArgs({
  options: {
    dev: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'target', 'packages') },
    model: { type: 'string', default: modelFolder },
  },
})
const out = resolve(values.out)

const faults = modelFaults(values.model)
if (faults.length > 0) throw new Error(`the model in ${values.model} cannot be packed: ${faults.join('; ')}`)
run(process.execPath, [join('scripts', 'build.mjs'), ...(values.dev ? ['--dev', '--if-stale'] : [])])
const staging = mkdtempSync(join(tmpdir(), 'samplecnn-package-'))
try {
  mkdirSync(out, { recursive: true })
  pack('root', stageRoot(join(staging, 'root')))
  pack('platform', stagePlatform(join(staging, 'platform')))
  pack('model', stageModel(join(staging, 'model')))
} finally {
  rmSync(staging, { recursive: true, force: true })
}

/**
 * Makes the root package. The platform packages are added to its manifest only here: in the work tree they would break
 * npm ci.
 */
function stageRoot(folder) {
  mkdirSync(folder)
  const { devDependencies: _, overrides: _1, workspaces: _2, scripts: _3, napi: _4, ...rest } = manifest
  const { ava: _5, prettier: _6, ...published } = rest
  // Only packages that exist: yarn cannot install samplecnn if one of them is missing.
  const optionalDependencies = Object.fromEntries(platforms.map(platform => [platform.manifest.name, manifest.version]))
  write(folder, 'package.json', `${JSON.stringify({ ...published, optionalDependencies }, undefined, 2)}\n`)
  for (const name of ['README.md', 'LICENSE', ...manifest.files]) copy(name, folder)
  return folder
}

/** Makes the platform package: the addon, and the licences of everything that is compiled into it. */
function stagePlatform(folder) {
  const [addon] = builtAddons()
  const platform = platforms.find(({ manifest: { main } }) => main === basename(addon))
  if (platform === undefined) throw new Error(`there is no package in npm/ for ${basename(addon)}`)
  cpSync(platform.folder, folder, { recursive: true })
  cpSync(addon, join(folder, basename(addon)))
  copy('LICENSE', folder)
  write(folder, 'THIRD-PARTY-NOTICES.md', notices())
  stateGlibc(folder, addon)
  return folder
}

/** Makes the package of the default model. */
function stageModel(folder) {
  cpSync(values.model, folder, { recursive: true })
  return folder
}

/**
 * Writes the glibc version that the addon needs into the README of the package; fails if it is newer than the version
 * of the build.
 */
function stateGlibc(folder, addon) {
  const needed = neededGlibc(addon)
  if (needed === null) return
  if (!values.dev && hasZig && isNewer(needed, glibcFloor)) {
    throw new Error(`${basename(addon)} needs glibc ${needed}, but must run on ${glibcFloor}`)
  }
  console.log(`${basename(addon)} needs glibc ${needed}`)
  const readme = join(folder, 'README.md')
  writeFileSync(readme, readFileSync(readme, 'utf8').replace('GLIBC_FLOOR', needed))
}

function pack(name, folder) {
  console.log(`packing the ${name} package`)
  run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', out], { cwd: folder })
}

function copy(name, folder) {
  const from = join(root, name)
  if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true })
}

function write(folder, name, text) {
  writeFileSync(join(folder, name), text)
}
