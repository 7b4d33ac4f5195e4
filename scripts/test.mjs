// Builds what is missing, runs every test of Rust and TypeScript, and ends with one line: "N passed, N failed".
import { join } from 'node:path'
import { root } from './paths.mjs'
import { follow, run } from './run.mjs'

run(process.execPath, [join('scripts', 'build.mjs'), '--dev', '--if-stale'])

const rust = await follow('cargo', ['test', '--workspace', '--no-fail-fast'])
const typescript = await follow(process.execPath, [
  join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'),
  '--tap',
])

const results = [rustResults(rust), avaResults(typescript)]
const sum = key => results[0][key] + results[1][key]
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1

/** Adds up the result lines of the test binaries. A run that failed without a failed test (it did not compile) counts as one. */
function rustResults({ status, text }) {
  let passed = 0
  let failed = 0
  for (const [, ok, broken] of text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(ok)
    failed += Number(broken)
  }
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed }
}

/** Counts the lines of the TAP report; skipped tests are neither. */
function avaResults({ status, text }) {
  const lines = text.split('\n').filter(line => !/# (SKIP|TODO)\b/i.test(line))
  const passed = lines.filter(line => line.startsWith('ok ')).length
  const failed = lines.filter(line => line.startsWith('not ok ')).length
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed }
}
