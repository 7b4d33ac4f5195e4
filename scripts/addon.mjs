// Builds the addon: samplecnn.<platform>.node, its loader native.cjs and its declarations native.d.cts.
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { generateTypeDef, parseTriple, writeJsBinding } from '@napi-rs/cli'
import { glibcFloor, hasZig } from './glibc-floor.mjs'
import { manifest } from './packages.mjs'
import { builtAddons, loader, loaderTypes, root } from './paths.mjs'
import { capture } from './run.mjs'

const crate = 'samplecnn-node'

/**
 * Builds the addon into the root of the project. A failed build removes the output of an earlier build, so that nothing
 * runs old code. The napi command line is not used: it always passes --target to cargo, which would compile every
 * dependency a second time in addition to those of cargo test. The napi library writes the loader and the declarations.
 * @param {{ dev: boolean, features?: string[] }} options dev: the dev profile; otherwise the profile of the published
 * build
 */
export async function buildAddon({ dev, features = [] }) {
  try {
    const types = join(root, 'target', 'napi-types')
    rmSync(types, { recursive: true, force: true })
    mkdirSync(types, { recursive: true })
    const host = /^host: (.+)$/m.exec(capture('rustc', ['-vV']))?.[1]
    if (host === undefined) throw new Error('rustc does not report its host')
    const library = compile({ dev, features, types, host })
    install(library, join(root, `samplecnn.${parseTriple(host).platformArchABI}.node`))

    const { dts, exports } = await generateTypeDef({ typeDefDir: types, cwd: root, constEnum: false })
    writeFileSync(loaderTypes, dts)
    await writeJsBinding({
      platform: true,
      idents: exports,
      jsBinding: 'native.cjs',
      format: 'commonjs',
      binaryName: manifest.napi.binaryName,
      packageName: manifest.napi.packageName,
      version: manifest.version,
      outputDir: root,
    })
    if (!existsSync(loader)) throw new Error('napi did not write a loader')
  } catch (reason) {
    for (const file of [...builtAddons(), loader, loaderTypes]) rmSync(file, { force: true })
    throw reason
  }
}

/** Compiles the addon and returns the path of the shared library. */
function compile({ dev, features, types, host }) {
  const args = ['--package', crate, '--message-format=json-render-diagnostics']
  if (features.length > 0) args.push('--features', features.join(','))
  const env = {
    NAPI_TYPE_DEF_TMP_FOLDER: types,
    // The declarations are written while the crate compiles: make sure that it is compiled.
    [`NAPI_FORCE_BUILD_${crate.replaceAll('-', '_').toUpperCase()}`]: String(Date.now()),
  }
  const output = dev
    ? capture('cargo', ['build', ...args], env)
    : capture('cargo', [...published(host), ...args], { ...env, ...withoutPaths() })
  const library = libraryIn(output)
  if (library === undefined) throw new Error(`cargo did not build a library of ${crate}`)
  return library
}

/**
 * The cargo command of the published build: release profile, linked by zig against an old glibc if zig is installed.
 */
function published(host) {
  if (!hasZig || !host.endsWith('-linux-gnu')) return ['build', '--release']
  return ['zigbuild', '--release', '--target', `${host}.${glibcFloor}`]
}

/** Flags that keep the paths of the build machine out of the addon: panics name files relative to their crate. */
function withoutPaths() {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  const flags = [
    `--remap-path-prefix=${root}=samplecnn`,
    `--remap-path-prefix=${join(cargo, 'registry', 'src')}=registry`,
  ]
  for (const folder of [cargo, process.env.RUSTUP_HOME ?? join(homedir(), '.rustup')]) {
    flags.push(`--remap-path-prefix=${folder}=rust`)
  }
  // rustc applies the last rule that matches, so the more specific rules come last.
  flags.push(flags.splice(1, 1)[0])
  return { CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f') }
}

/** Replaces `target` by `library` with a new file: a process that has loaded the old addon keeps it. */
function install(library, target) {
  for (const other of builtAddons()) if (other !== target) rmSync(other)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(library, `${target}.new`)
  chmodSync(`${target}.new`, 0o755)
  renameSync(`${target}.new`, target)
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
