// Runs every check that is not a test: formatting, lints, types, and whether the generated files are up to date.
import { join } from 'node:path'
import { root } from './paths.mjs'
import { run } from './run.mjs'

const node = (program, ...args) => run(process.execPath, [join(root, 'node_modules', program), ...args])

run('cargo', ['fmt', '--all', '--check'])
node('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')
node('oxlint/bin/oxlint')
run(process.execPath, [join('scripts', 'circles.mjs')])
run(process.execPath, [join('scripts', 'build.mjs'), '--dev', '--if-stale'])
node('typescript/bin/tsc', '--project', '__test__')
run(process.execPath, ['--import=@oxc-node/core/register', join('scripts', 'generate.ts'), '--check'])
run('cargo', ['clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'])
