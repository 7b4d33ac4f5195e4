// Builds the addon: samplecnn.<platform>.node, its loader native.cjs and its declarations native.d.cts.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { generateTypeDef, NapiCli, parseTriple, writeJsBinding } from '@napi-rs/cli'
import { builtAddons, loader, loaderTypes, root } from './paths.mjs'
import { capture } from './run.mjs'

const manifest = 'crates/node/Cargo.toml'
const crate = 'samplecnn-node'

/**
 * Builds the addon into the root of the project. A failed build removes what an earlier one left, so that nothing runs
 * yesterday's code.
 * @param {{ dev: boolean, features?: string[] }} options
 */
export async function buildAddon({ dev, features = [] }) {
  try {
    await (dev ? buildDev(features) : buildRelease(features))
  } catch (reason) {
    for (const file of [...builtAddons(), loader, loaderTypes]) rmSync(file, { force: true })
    throw reason
  }
}

/** The build that is published: release profile, link-time optimisation, by the napi command line. */
async function buildRelease(features) {
  const { task } = await new NapiCli().build({
    cwd: root,
    platform: true,
    release: true,
    manifestPath: manifest,
    packageJsonPath: 'package.json',
    outputDir: '.',
    jsBinding: 'native.cjs',
    dts: 'native.d.cts',
    constEnum: false,
    // An empty list would become an option without a value.
    ...(features.length > 0 ? { features } : {}),
  })
  await task
}

/**
 * The build for tests. The napi command line always passes --target to cargo, which would compile every dependency a
 * second time beside those of cargo test; so cargo is called here, and napi only writes loader and declarations.
 */
async function buildDev(features) {
  const types = join(root, 'target', 'napi-types')
  rmSync(types, { recursive: true, force: true })
  mkdirSync(types, { recursive: true })
  const args = ['build', '--package', crate, '--message-format=json-render-diagnostics']
  if (features.length > 0) args.push('--features', features.join(','))
  const output = capture('cargo', args, {
    NAPI_TYPE_DEF_TMP_FOLDER: types,
    // The declarations are written while the crate compiles: make sure that it does.
    [`NAPI_FORCE_BUILD_${crate.replaceAll('-', '_').toUpperCase()}`]: String(Date.now()),
  })
  const library = libraryIn(output)
  const host = /^host: (.+)$/m.exec(capture('rustc', ['-vV']))?.[1]
  if (library === undefined || host === undefined) throw new Error(`cargo built no library of ${crate}`)

  const target = join(root, `samplecnn.${parseTriple(host).platformArchABI}.node`)
  for (const other of builtAddons()) if (other !== target) rmSync(other)
  // Through a new file: a process that has the old addon mapped keeps it.
  copyFileSync(library, `${target}.new`)
  chmodSync(`${target}.new`, 0o755)
  renameSync(`${target}.new`, target)

  const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { dts, exports } = await generateTypeDef({ typeDefDir: types, cwd: root, constEnum: false })
  writeFileSync(loaderTypes, dts)
  await writeJsBinding({
    platform: true,
    idents: exports,
    jsBinding: 'native.cjs',
    format: 'commonjs',
    binaryName: packageJson.napi.binaryName,
    packageName: packageJson.name,
    version: packageJson.version,
    outputDir: root,
  })
  if (!existsSync(loader)) throw new Error('napi wrote no loader')
}

/** The path of the shared library among cargo's messages. */
function libraryIn(output) {
  for (const line of output.split('\n')) {
    if (!line.startsWith('{')) continue
    const message = JSON.parse(line)
    if (message.reason === 'compiler-artifact' && message.target.name === crate.replaceAll('-', '_')) {
      const found = message.filenames.find(name => /\.(so|dylib|dll)$/.test(name))
      if (found !== undefined) return found
    }
  }
  return undefined
}
