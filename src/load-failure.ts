/** Explains why the addon could not be loaded, and how to get a working installation. */

import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { glibcVersion } from './libc.js'

/** The facts that the explanation uses. */
export interface Machine {
  readonly platform: string
  readonly arch: string
  readonly node: string
  /** The version of glibc; undefined on musl and on other systems. */
  readonly glibc: string | undefined
  /** Where this code runs: in the installed package, in a clone of the repository, or in a bundle. */
  readonly place: 'package' | 'checkout' | 'bundle'
  /** The relevant environment variables. */
  readonly env: { readonly [name: string]: string | undefined }
}

/** The platforms for which there is a package, by Node's names. */
const packages: { readonly [machine: string]: string } = {
  'linux-x64-gnu': '@samplecnn/native-linux-x64-gnu',
}

/** The current machine. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    node: process.version,
    glibc: glibcVersion(),
    place: thisPlace(),
    env: process.env,
  }
}

/** The place of this file: a bundle has no package of this name around it, or not at this place. */
function thisPlace(): Machine['place'] {
  try {
    const here = fileURLToPath(import.meta.url)
    const root = dirname(createRequire(import.meta.url).resolve('samplecnn/package.json'))
    // The code of the package is in its folder `dist`; in the tests it is in `src`.
    if (!here.startsWith(realpathSync(root) + sep)) return 'bundle'
    return existsSync(join(root, 'crates', 'node')) ? 'checkout' : 'package'
  } catch {
    // A bundle in the CommonJS format has no `import.meta.url`; another one has no package around it.
    return 'bundle'
  }
}

/** The message for a failed load: the machine, each reason, and the command that fixes the problem. */
export function explainLoadFailure(thrown: unknown, machine: Machine): string {
  const reasons = reasonsOf(thrown)
  const text = reasons.join('\n')
  const glibc = machine.glibc === undefined ? '' : `, glibc ${machine.glibc}`
  return [
    'the native part of samplecnn could not be loaded.',
    `  machine: ${nameOf(machine)}${glibc}, Node ${machine.node}`,
    ...reasons.map(reason => `  reason: ${reason}`),
    `  what to do: ${advice(text, machine)}`,
  ].join('\n')
}

/** The messages of the chain of causes, without the summary of napi, which always blames npm. */
function reasonsOf(thrown: unknown): string[] {
  const reasons: string[] = []
  const seen = new Set<unknown>()
  for (let error = thrown; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error)
    const line = error.message
      .split('\nRequire stack:')[0]!
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ')
    if (!line.startsWith('Cannot find native binding') && !reasons.includes(line)) reasons.push(line)
  }
  return reasons.length > 0 ? reasons : [String(thrown)]
}

function advice(reasons: string, machine: Machine): string {
  const name = packages[nameOf(machine)]
  const forced = machine.env['NAPI_RS_NATIVE_LIBRARY_PATH']
  if (forced !== undefined && forced !== '') {
    return (
      `NAPI_RS_NATIVE_LIBRARY_PATH names ${forced}, which cannot be loaded: ` +
      'unset it, or name an addon built for this machine.'
    )
  }
  const glibc = /GLIBC_([\d.]+)['`’]? not found/.exec(reasons)?.[1]
  if (glibc !== undefined) {
    return (
      `it needs glibc ${glibc}, this system has ${machine.glibc ?? 'another C library'}: ` +
      `use a newer distribution or container, or build from source (${source}).`
    )
  }
  if (/undefined symbol: napi_/.test(reasons)) return 'this Node is too old: samplecnn needs Node 20.19 or newer.'
  if (/loading addons is disabled|native addon because/i.test(reasons)) {
    return (
      'this Node process may not load addons, and samplecnn is one: start node without --no-addons, and with ' +
      '--allow-addons where the permission model is on (--permission).'
    )
  }
  if (machine.place === 'checkout') {
    return 'this is a checkout of the repository: run `npm run build` (it needs Rust, https://rustup.rs).'
  }
  if (machine.place === 'bundle') {
    return (
      'samplecnn was copied into a bundle, and its addon, a binary file, was left behind: keep the package external. ' +
      "In Next.js: serverExternalPackages: ['samplecnn']; esbuild and Bun: --external:samplecnn; " +
      "webpack: externals: { samplecnn: 'commonjs samplecnn' }; " +
      "Vite: ssr: { external: ['samplecnn'] }. The package must then be installed where the bundle runs."
    )
  }
  if (name === undefined) {
    return (
      `there is no package for ${nameOf(machine)}; there is one for ${Object.keys(packages).join(', ')}. ` +
      `Build from source: ${source}.`
    )
  }
  if (
    /ld-linux|ld-musl|invalid ELF header|wrong ELF class|not a valid Win32|incompatible architecture|mach-o/i.test(
      reasons,
    )
  ) {
    return (
      'the installed addon is for another machine, for example because node_modules was copied: ' +
      `delete node_modules and install again on this machine (it needs ${name}).`
    )
  }
  return (
    `the package ${name} is not installed. npm omits it with --omit=optional, and if the lockfile was created on ` +
    `another platform (npm issue 4828): delete node_modules and package-lock.json and run \`npm install\` again, ` +
    `or run ${installCommand(machine)}.`
  )
}

/** How to build the addon if there is no package for the platform. */
const source = 'clone the repository, install Rust (https://rustup.rs), run `npm ci && npm run build`'

function nameOf({ platform, arch, glibc }: Machine): string {
  return platform === 'linux' ? `linux-${arch}-${glibc === undefined ? 'musl' : 'gnu'}` : `${platform}-${arch}`
}

function installCommand({ platform, arch, glibc }: Machine): string {
  const libc = platform === 'linux' ? ` --libc=${glibc === undefined ? 'musl' : 'glibc'}` : ''
  return `\`npm install --os=${platform} --cpu=${arch}${libc} samplecnn\``
}
