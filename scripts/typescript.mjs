// Compiles the TypeScript into dist/.
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildCommonJs } from './commonjs.mjs'
import { dist, root } from './paths.mjs'
import { run } from './run.mjs'

/** Compiles index.ts, src/ and cli/ into an empty dist/, including the declarations and the files for CommonJS. */
export function buildTypeScript() {
  rmSync(dist, { recursive: true, force: true })
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', 'tsconfig.json'])
  buildCommonJs()
  const command = join(dist, 'cli', 'main.js')
  if (existsSync(command)) chmodSync(command, 0o755)
}
