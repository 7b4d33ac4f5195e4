/** A model package in an empty folder. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../../scripts/paths.mjs'
import { sha256 } from './hub.js'

/**
 * Writes the package `name` into `place/node_modules`, with `content` as its model file; `changes` are made to its
 * manifest. Returns its folder.
 */
export function writeModelPackage(
  place: string,
  content: Buffer,
  changes: Readonly<Record<string, unknown>> = {},
  name = 'samplecnn-model',
): string {
  const folder = join(place, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.safetensors'), content)
  copyFileSync(join(root, 'npm', 'model', 'index.js'), join(folder, 'index.js'))
  const stated = { model: 'model.safetensors', sha256: sha256(content) }
  const manifest = { name, version: '1.2.3', license: 'CC-BY-4.0', samplecnn: stated, ...changes }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}
