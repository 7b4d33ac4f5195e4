// Collects the licences of everything that is compiled into the addon, with their texts, from the sources of the
// crates.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './paths.mjs'
import { capture } from './run.mjs'

const licenceFile = /^(licen[sc]e|copying|copyright|notice|unlicense)/i

/** Returns the content of THIRD-PARTY-NOTICES.md. */
export function notices() {
  const crates = linkedCrates()
  const texts = new Map()
  for (const crate of crates) {
    for (const text of licenceTexts(crate)) {
      const known = texts.get(normalised(text)) ?? { text, crates: [] }
      known.crates.push(`${crate.name} ${crate.version}`)
      texts.set(normalised(text), known)
    }
  }
  return [
    '# Third-party notices',
    '',
    'The native addon contains these Rust crates. Crates under the MPL-2.0 (Symphonia) are used unmodified, ' +
      'except for those',
    'whose address ends in `vendor`: these hold the changes, each marked in place. ' +
      'The sources are at the addresses given.',
    '',
    '| crate | licence | source |',
    '|---|---|---|',
    ...crates.map(crate => `| ${crate.name} ${crate.version} | ${crate.license ?? 'see below'} | ${source(crate)} |`),
    '',
    '## The font in `crates/charts/fonts`',
    '',
    '```text',
    readFileSync(join(root, 'crates', 'charts', 'fonts', 'LICENSE'), 'utf8').trimEnd(),
    '```',
    '',
    '## The fault-filtered lists of GTZAN in `crates/train/src/dataset/gtzan`',
    '',
    '```text',
    readFileSync(join(root, 'crates', 'train', 'src', 'dataset', 'gtzan', 'LICENSE'), 'utf8').trimEnd(),
    '```',
    '',
    ...[...texts.values()].flatMap(({ text, crates: users }) => [
      `## ${users.join(', ')}`,
      '',
      '```text',
      text.trimEnd(),
      '```',
      '',
    ]),
  ].join('\n')
}

/** The crates that are linked into the addon: its direct and indirect normal dependencies. */
function linkedCrates() {
  const host = /^host: (.+)$/m.exec(capture('rustc', ['-vV']))[1]
  const metadata = JSON.parse(
    capture('cargo', ['metadata', '--format-version=1', '--locked', '--filter-platform', host]),
  )
  const packages = new Map(metadata.packages.map(crate => [crate.id, crate]))
  const nodes = new Map(metadata.resolve.nodes.map(node => [node.id, node]))
  const reached = new Set()
  const open = [metadata.packages.find(crate => crate.name === 'samplecnn-node').id]
  while (open.length > 0) {
    const id = open.pop()
    if (reached.has(id)) continue
    reached.add(id)
    for (const dependency of nodes.get(id).deps) {
      const normal = dependency.dep_kinds.some(({ kind }) => kind === null)
      const macro = packages.get(dependency.pkg).targets.some(({ kind }) => kind.includes('proc-macro'))
      if (normal && !macro) open.push(dependency.pkg)
    }
  }
  return [...reached]
    .map(id => packages.get(id))
    .filter(crate => crate.source !== null || isVendored(crate))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

/**
 * The licence files of a crate, also those in a folder `LICENSES` (REUSE). For an MIT crate without one, the licence
 * with the authors in its manifest.
 */
function licenceTexts(crate) {
  const folder = dirname(crate.manifest_path)
  const texts = readdirSync(folder)
    .filter(name => licenceFile.test(name) && !name.endsWith('.rs'))
    .sort()
    .map(name => join(folder, name))
    .flatMap(path =>
      statSync(path).isDirectory()
        ? readdirSync(path)
            .sort()
            .map(name => join(path, name))
        : [path],
    )
    .map(path => readFileSync(path, 'utf8'))
  if (texts.length > 0) return texts
  if (!/\bMIT\b/.test(crate.license ?? '')) throw new Error(`${crate.name} ${crate.version} has no licence text`)
  const holders = crate.authors.length > 0 ? crate.authors.join(', ') : `the authors of ${crate.name}`
  return [readFileSync(join(root, 'LICENSE'), 'utf8').replace(/^Copyright .*$/m, `Copyright (c) ${holders}`)]
}

/** Whether the sources of the crate, with our changes, are in this repository. */
function isVendored(crate) {
  return crate.manifest_path.startsWith(join(root, 'vendor'))
}

function source(crate) {
  if (isVendored(crate)) return 'https://github.com/samplecnn/samplecnn/tree/main/vendor'
  return crate.repository ?? `https://crates.io/crates/${crate.name}/${crate.version}`
}

/** Returns a text with uniform line ends and without indentation. */
function normalised(text) {
  return text.replaceAll(/\s+/g, ' ').trim()
}
