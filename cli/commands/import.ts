import { resolve } from 'node:path'

import { Model } from '../../src/model.js'
import { importModel as verb } from '../../src/options/import.js'
import type { ImportOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { outputPath } from '../operands.js'

/** `samplecnn import`. */
export const importModel: Command = {
  verb,
  operands: [1, 1],
  async run({ options, own, operands: [checkpoint = ''], output }) {
    const out = outputPath(verb.name, own)
    await using model = await Model.import(checkpoint, options as ImportOptions)
    await model.save(out, { force: own['force'] === true })
    const { architecture, tags, samplingRate, licence, training } = model
    output.record({ type: 'done', file: resolve(out), architecture, tags, samplingRate, licence, training })
    const { importedFrom } = (training ?? {}) as {
      importedFrom?: { format?: string; container?: string; notes?: readonly string[] }
    }
    output.text(
      `${checkpoint}: ${importedFrom?.format ?? 'model'}, ${importedFrom?.container ?? 'file'}; ${tags.length} tags at ${samplingRate} Hz`,
    )
    for (const note of importedFrom?.notes ?? []) output.text(`  ${note}`)
    output.text(`licence: ${licence ?? 'not stated'}`)
    output.text(`model:   ${out}`)
    return EXIT.ok
  },
}
