/** Small datasets generated for tests. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Dataset } from '../../index.js'
import { tone, writeWave } from './wave.js'

/**
 * Low and high tones of 4 s at 8 kHz below `folder`, with a manifest; of each kind 4 are train, 2 valid and 2 test
 * clips.
 */
export function dataset(folder: string): Dataset {
  const rows = ['path,tags,split']
  mkdirSync(join(folder, 'clips'), { recursive: true })
  for (const [tag, frequency] of [
    ['low', 150],
    ['high', 700],
  ] as const) {
    for (let clip = 0; clip < 8; clip++) {
      const name = `clips/${tag}-${clip}.wav`
      writeWave(join(folder, name), tone(4, frequency + 10 * clip, 8000), 8000)
      rows.push(`${name},${tag},${clip < 4 ? 'train' : clip < 6 ? 'valid' : 'test'}`)
    }
  }
  const path = join(folder, 'clips.csv')
  writeFileSync(path, `${rows.join('\n')}\n`)
  return { kind: 'manifest', path }
}
