import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { arrows, circles, report } from '../scripts/circles.mjs'

/** A folder of a crate that contains these files. */
function crateOf(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'samplecnn-circles-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

test('no modules of the crates depend on each other in a circle', t => {
  t.deepEqual(report(), [])
})

test('a circle is found through use trees, inline paths and re-exported items', t => {
  const folder = crateOf(t, {
    'lib.rs': 'mod a;\nmod b;\nmod c;\npub use c::Third;\n',
    'a.rs': 'use crate::{b::{inner::Second, Other as Renamed}};\npub struct First;\n',
    'b.rs': 'pub mod inner;\npub struct Other;\n',
    'b/inner.rs': 'pub struct Second(crate::Third);\n',
    'c.rs': 'pub struct Third;\nfn f() { super::a::First; }\n',
  })
  const graph = arrows(folder)
  t.deepEqual([...(graph.get('a') ?? [])].sort(), ['b', 'b::inner'])
  t.deepEqual([...(graph.get('b::inner') ?? [])], ['c'])
  t.deepEqual(circles(graph), [['a', 'b::inner', 'c']])
})

test('comments, texts, tests and what a submodule uses of its parent modules are not dependencies', t => {
  const folder = crateOf(t, {
    'lib.rs': 'mod a;\nmod b;\n',
    'a.rs': '//! crate::b::B\nmod part;\npub struct A;\nfn f() { part::g(); "crate::b::B"; }\n',
    'a/part.rs': 'use super::A;\npub fn g() -> A { A }\n',
    'b.rs': 'use crate::a::A;\npub struct B(A);\n\n#[cfg(test)]\nmod tests {\n    use crate::a::part::g;\n}\n',
  })
  const graph = arrows(folder)
  t.deepEqual([...(graph.get('b') ?? [])], ['a'])
  t.deepEqual(circles(graph), [])
})
