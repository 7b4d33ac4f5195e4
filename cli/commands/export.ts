import { Model } from '../../src/model.js'
import { exportModel as verb } from '../../src/options/export.js'
import type { ExportOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { outputPath } from '../operands.js'
import { shown } from '../paths.js'

/** `samplecnn export`. */
export const exportModel: Command = {
  verb,
  operands: [1, 1],
  async run({ options, own, operands: [file = ''], output }) {
    const out = outputPath(verb.name, own)
    await using model = await Model.load(file)
    const files = await model.export(out, options as ExportOptions)
    output.record({ type: 'done', files })
    for (const name of files) output.text(shown(name))
    return EXIT.ok
  },
}
