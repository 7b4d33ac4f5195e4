// Builds the addon and the TypeScript.
//   node scripts/build.mjs             release build, with link-time optimisation
//   node scripts/build.mjs --dev       the dev profile, which shares its dependencies with cargo test
//   ... --if-stale                     only outputs that are missing or older than their sources
//   ... --features cuda                cargo features of crates/node
import { parseArgs } from 'node:util'
import { buildAddon } from './addon.mjs'
import { addonIsFresh, typescriptIsFresh } from './freshness.mjs'
import { buildTypeScript } from './typescript.mjs'

const { values } = parseArgs({
  options: {
    dev: { type: 'boolean', default: false },
    'if-stale': { type: 'boolean', default: false },
    features: { type: 'string', multiple: true, default: [] },
  },
})

if (!(values['if-stale'] && addonIsFresh())) {
  await buildAddon({ dev: values.dev, features: values.features })
}
if (!(values['if-stale'] && typescriptIsFresh())) {
  buildTypeScript()
}
