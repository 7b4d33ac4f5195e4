import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import test from 'ava'

import { root } from '../scripts/paths.mjs'
import { limits } from '../src/options/limits.js'
import { execute } from './support/child.js'

/** All pages. The signatures in the generated pages `api.md` and `cli.md` are not programs. */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
]

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

test('every TypeScript block of the documentation compiles', async t => {
  t.timeout(180_000)
  // The folder is inside the package, so that `import 'samplecnn'` finds it.
  const folder = join(root, 'target', 'docs-blocks')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  let blocks = 0
  for (const page of pages.filter(page => !/(api|cli)\.md$/.test(page))) {
    for (const [, code = ''] of read(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
      blocks += 1
      // Short blocks show one use and omit the import.
      const whole = /^import /m.test(code) ? code : `import * as samplecnn from 'samplecnn'\nvoid samplecnn\n${code}`
      writeFileSync(join(folder, `block-${blocks}.mts`), `// ${page}\n${whole}\nexport {}\n`)
    }
  }
  t.true(blocks >= 1)
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = await execute(process.execPath, [compiler, '--project', folder], { seconds: 150 })
  t.is(status, 0, stdout)
})

test('the limits in texts are those of crates/limits', t => {
  const seconds = `${limits.shortestSeconds} s`
  const mtatSeconds = (limits.mtatSamples / limits.mtatSamplingRate).toFixed(2)
  for (const [file, text] of [
    ['docs/tagging.md', `less than ${seconds}`],
    ['docs/datasets.md', `at least ${limits.mtatShortestSeconds} s`],
    ['docs/datasets.md', `The first ${mtatSeconds} s`],
    ['src/dataset.ts', `at least ${limits.mtatShortestSeconds} s`],
    ['src/decode.ts', `more than ${(4 * limits.mostSamples) / 2 ** 30} GiB`],
    ['src/model.ts', `under ${seconds}`],
    ['src/model.ts', `louder than ${limits.loudestSample}`],
  ] as const) {
    t.true(read(file).includes(text), `${file} has no "${text}"`)
  }
})

for (const page of pages) {
  test(`${page} names only files that exist`, t => {
    const text = read(page)
    const links = Array.from(text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g), ([, link = '']) =>
      join(dirname(page), link),
    )
    const code = /`((?:crates|src|cli|scripts|bench|experiments|__test__|testdata|examples|docs)\/[\w./-]+)`/g
    const named = Array.from(text.matchAll(code), ([, name = '']) => name)
    const missing = [...links, ...named].filter(path => !/NAME|\*/.test(path) && !existsSync(join(root, path)))
    t.deepEqual(missing, [])
  })
}
