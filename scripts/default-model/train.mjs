// Trains the default model, or the mel network beside it, with the options of recipe.json. A training that was
// interrupted is resumed.
//   node scripts/default-model/train.mjs MANIFEST OUT [--yardstick] [--threads N]
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { train } from 'samplecnn'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { yardstick: { type: 'boolean', default: false }, threads: { type: 'string', default: '0' } },
})
const [manifest, out] = positionals.map(path => resolve(path))
if (out === undefined) throw new Error('usage: train.mjs MANIFEST OUT [--yardstick] [--threads N]')
const recipe = JSON.parse(readFileSync(new URL('recipe.json', import.meta.url), 'utf8'))
const done = await train({
  ...recipe.train,
  architecture: values.yardstick ? recipe.yardstick : recipe.architecture,
  dataset: { kind: 'manifest', path: manifest, positiveFrom: recipe.positiveFrom },
  out,
  threads: Number(values.threads),
  resume: existsSync(join(out, 'config.json')),
  onEvent: event => {
    if (event.type !== 'progress') console.log(JSON.stringify(event))
  },
})
console.log(`best model: ${done.best}`)
