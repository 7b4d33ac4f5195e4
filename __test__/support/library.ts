/** A small music library with a model to tag it. */

import { join } from 'node:path'

import type { ExecutionContext } from 'ava'

import { Model } from '../../index.js'
import { emptyFolder } from './folder.js'
import { tone, writeWave } from './wave.js'

/** A folder with a model and `count` tones. */
export async function library(
  t: ExecutionContext,
  count = 3,
): Promise<{ folder: string; model: string; files: string[] }> {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b', 'c', 'd', 'e', 'f'], seed: 1 })).save(model)
  const files = Array.from({ length: count }, (_, index) =>
    writeWave(join(folder, `tone ${index}.wav`), tone(0.5, 200 + 50 * index, 8000), 8000),
  )
  return { folder, model, files }
}
