/** Models as they are released: with thresholds and a card. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Model } from '../../index.js'

/** The tags of the models. */
export const tags = ['loud', 'quiet', 'fast'] as const

/** A card with something in every field. */
export const card = {
  name: 'small',
  version: '1.2.0',
  summary: 'Tells loud music from quiet music.',
  licence: 'CC-BY-SA-4.0',
  attribution: 'https://example.org/attribution',
  data: [
    { name: 'tones', licence: 'CC0-1.0', url: 'https://example.org/tones', clips: 1200, description: 'Made here.' },
  ],
  teacher: {
    name: 'an ear',
    licence: 'ISC',
    sources: [{ name: 'its training data', licence: 'CC-BY-NC-SA-3.0' }],
  },
  scores: [
    {
      measuredOn: 'the test part of tones',
      clips: 120,
      rocAuc: 0.81,
      rocAucInterval: [0.75, 0.86],
      perTag: [
        { tag: 'loud', positives: 40, rocAuc: 0.9, rocAucInterval: [0.85, 0.94] },
        { tag: 'fast', positives: 12, rocAuc: 0.72 },
      ],
    },
  ],
  withheld: [{ tag: 'choir', reason: '9 clips, fewer than 15' }],
  limits: ['It does not hear words.'],
  output: { kind: 'thresholds', top: 2 },
} as const

/** Writes an untrained model with these thresholds below `folder`; returns its path. */
export async function withThresholds(
  folder: string,
  thresholds: readonly [number | null, number | null, number | null],
): Promise<string> {
  const file = join(folder, 'thresholds.safetensors')
  await using model = await Model.create({ architecture: '3^4@8000', tags, initialisation: 'he', seed: 7 })
  await model.save(file)
  const bytes = readFileSync(file)
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, end)) as {
    readonly __metadata__: { readonly samplecnn: string }
  }
  const facts = { ...(JSON.parse(__metadata__.samplecnn) as object), thresholds }
  const header = Buffer.from(JSON.stringify({ __metadata__: { samplecnn: JSON.stringify(facts) }, ...tensors }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  writeFileSync(file, Buffer.concat([length, header, bytes.subarray(end)]))
  return file
}

/** Writes a model with these thresholds and `card` below `folder`; returns its path. */
export async function released(
  folder: string,
  thresholds: readonly [number | null, number | null, number | null],
): Promise<string> {
  const [file, facts] = [join(folder, 'released.safetensors'), join(folder, 'card.json')]
  writeFileSync(facts, JSON.stringify(card))
  await using model = await Model.load(await withThresholds(folder, thresholds))
  await model.export(file, { to: 'model', half: true, card: facts })
  return file
}
