// Finds circular dependencies between the modules of a crate. `node scripts/circles.mjs` prints them and fails if there
// are any.
//
// A module is a file. A file depends on another file if it names an item of it with `crate::`, `super::` or the name of
// a submodule; a re-exported item belongs to the file that defines it. Test code is ignored. A submodule may use the
// modules that contain it; this does not count as a dependency.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './paths.mjs'

/** The text without comments, string contents, and items with `#[cfg(test)]` (at the end of a file, or on one line). */
function code(text) {
  return text
    .replace(
      // Whichever begins first: a comment, a raw string, a string, a character.
      /\/\/.*$|\/\*[\s\S]*?\*\/|r(#+)"[\s\S]*?"\1|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\\n]|\\[^\n]{1,10}?)'/gm,
      found => (found.startsWith('/') ? '' : '""'),
    )
    .replace(/^#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{[\s\S]*?^\}/gm, '')
    .replace(/#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*[^;{]*;/g, '')
}

/**
 * The paths of a `use` tree, each as a list of names; `a::{b, c as d}` gives a::b and a::c, each with its local name.
 */
function branches(tree, before = []) {
  const text = tree.trim()
  const open = text.indexOf('{')
  if (open < 0) {
    const [path, alias] = text.split(/\s+as\s+/)
    const names = [...before, ...path.split('::').map(name => name.trim())].filter(name => name !== '')
    const full = names.at(-1) === 'self' && names.length > 1 ? names.slice(0, -1) : names
    return [{ path: full, name: alias?.trim() ?? full.at(-1) }]
  }
  const start = [...before, ...text.slice(0, open).split('::')].map(name => name.trim()).filter(name => name !== '')
  const inside = text.slice(open + 1, text.lastIndexOf('}'))
  let [depth, part] = [0, '']
  const parts = []
  for (const letter of inside) {
    if (letter === '{') depth += 1
    if (letter === '}') depth -= 1
    if (letter === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += letter
  }
  return [...parts, part].filter(one => one.trim() !== '').flatMap(one => branches(one, start))
}

/**
 * The modules of the crate with the sources in `folder`, by their path: `a::b` for `a/b.rs`, an empty text for
 * `lib.rs`.
 */
function modules(folder) {
  const found = new Map()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.rs') || entry.name === 'tests.rs') continue
    const names = relative(folder, join(entry.parentPath, entry.name)).replace(/\.rs$/, '').split(sep)
    if (names.at(-1) === 'mod' || (names.length === 1 && names[0] === 'lib')) names.pop()
    const text = code(readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    const uses = [...text.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => branches(tree))
    const plain = text.replace(/\buse\s+[^;]+;/g, '')
    const inline = [...plain.matchAll(/\b[a-z_]\w*(?:::\w+)+/g)].map(([path]) => ({ path: path.split('::') }))
    const children = new Set([...plain.matchAll(/\bmod\s+(\w+)\s*;/g)].map(([, name]) => name))
    found.set(names.join('::'), { names, children, uses, inline })
  }
  return found
}

/** The module that defines the item `path` in the module `from`; undefined for other crates and local names. */
function target(all, from, path, seen = new Set()) {
  const [first, ...rest] = path
  let [at, left] = [from.names, path]
  if (first === 'crate') [at, left] = [[], rest]
  else if (first === 'self') left = rest
  else if (first === 'super') {
    const ups = path.findIndex(name => name !== 'super')
    const count = ups < 0 ? path.length : ups
    ;[at, left] = [from.names.slice(0, from.names.length - count), path.slice(count)]
  } else if (!from.children.has(first)) return undefined
  while (left.length > 0 && all.has([...at, left[0]].join('::'))) [at, left] = [[...at, left[0]], left.slice(1)]
  const module = all.get(at.join('::'))
  if (module === undefined || left.length === 0) return module
  const key = `${at.join('::')} ${left[0]}`
  const handed = seen.has(key) ? undefined : module.uses.find(use => use.name === left[0])
  return (handed && target(all, module, [...handed.path, ...left.slice(1)], seen.add(key))) ?? module
}

/** The dependencies of each module of a crate: names of modules by the name of a module. */
export function arrows(folder) {
  const all = modules(folder)
  const graph = new Map()
  for (const [name, module] of all) {
    // The root only declares and re-exports modules, so it is not a module of its own.
    if (name === '') continue
    const used = [...module.uses, ...module.inline].map(({ path }) => target(all, module, path)?.names.join('::'))
    const outside = other => other !== undefined && other !== '' && !`${name}::`.startsWith(`${other}::`)
    graph.set(name, new Set(used.filter(outside)))
  }
  return graph
}

/** Sorted groups of modules that depend on each other (Tarjan's strongly connected components with several modules). */
export function circles(graph) {
  const [index, low, stack, found] = [new Map(), new Map(), [], []]
  const visit = name => {
    index.set(name, index.size)
    low.set(name, index.get(name))
    stack.push(name)
    for (const other of graph.get(name) ?? []) {
      if (!index.has(other)) visit(other)
      if (stack.includes(other)) low.set(name, Math.min(low.get(name), low.get(other)))
    }
    if (low.get(name) !== index.get(name)) return
    const group = stack.splice(stack.indexOf(name))
    if (group.length > 1) found.push(group.sort())
  }
  for (const name of graph.keys()) if (!index.has(name)) visit(name)
  return found
}

/** The circular dependencies in the crates in `crates/`, a line each. */
export function report() {
  return readdirSync(join(root, 'crates'))
    .sort()
    .flatMap(crate => {
      const graph = arrows(join(root, 'crates', crate, 'src'))
      return circles(graph).map(group => {
        const inside = group.flatMap(from =>
          [...graph.get(from)].filter(to => group.includes(to)).map(to => `${from} -> ${to}`),
        )
        return `${crate}: circular dependency of modules: ${inside.join(', ')}`
      })
    })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = report()
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exitCode = lines.length > 0 ? 1 : 0
}
