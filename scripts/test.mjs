// Builds what is missing, runs every test of Rust and TypeScript, and ends with one line: "N passed, N failed, N
// skipped". Tests that need something that this machine does not have are skipped: third-party audio (../shared),
// ffmpeg, the permission to mount a file system. Each of them reports this (testbed::skip in Rust, t.skip in
// TypeScript), and is listed before the last line.
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './paths.mjs'
import { follow, run } from './run.mjs'

run(process.execPath, [join('scripts', 'build.mjs'), '--dev', '--if-stale'])

const folder = mkdtempSync(join(tmpdir(), 'samplecnn-test-'))
const list = join(folder, 'skipped.txt')
const rust = await follow('cargo', ['test', '--workspace', '--no-fail-fast'], { SAMPLECNN_SKIPPED: list })
const skippedInRust = existsSync(list) ? [...new Set(readFileSync(list, 'utf8').split('\n').filter(Boolean))] : []
rmSync(folder, { recursive: true })
const typescript = await follow(process.execPath, [
  join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'),
  '--tap',
])

const results = [rustResults(rust, skippedInRust), avaResults(typescript)]
const sum = key => results[0][key] + results[1][key]
for (const { reasons } of results) for (const reason of reasons) console.log(`skipped: ${reason}`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
process.exitCode = sum('failed') === 0 ? 0 : 1

/**
 * Adds up the result lines of the test binaries. A run that failed without a failed test (it did not compile) counts as
 * one failed test. A test that skipped itself counts as passed for cargo: it is subtracted once, however many reasons
 * it gave.
 */
function rustResults({ status, text }, reasons) {
  let passed = 0
  let failed = 0
  for (const [, ok, broken] of text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(ok)
    failed += Number(broken)
  }
  const skipped = new Set(reasons.map(reason => reason.slice(0, reason.indexOf(': ')))).size
  return { passed: passed - skipped, failed: status !== 0 && failed === 0 ? 1 : failed, skipped, reasons }
}

/** Counts the results in the TAP report. */
function avaResults({ status, text }) {
  const lines = text.split('\n').filter(line => /^(not )?ok /.test(line))
  const skippedLines = lines.filter(line => /# (SKIP|TODO)\b/i.test(line))
  const ran = lines.filter(line => !skippedLines.includes(line))
  const failed = ran.filter(line => line.startsWith('not ok ')).length
  return {
    passed: ran.length - failed,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: skippedLines.length,
    reasons: skippedLines.map(line => line.replace(/^(not )?ok \d+ - /, '')),
  }
}
