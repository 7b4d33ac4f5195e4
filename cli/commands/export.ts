import { Model } from '../../src/model.js'
import { exportModel as verb } from '../../src/options/export.js'
import type { ExportOptions } from '../../src/options/interfaces.js'
import type { Command } from '../command.js'
import { showDownload } from '../download.js'
import { EXIT } from '../exit.js'
import { outputPath } from '../operands.js'
import { shown } from '../paths.js'

/** `samplecnn export`. */
export const exportModel: Command = {
  verb,
  operands: [0, 1],
  async run({ options, own, operands: [name], output, progress, signal }) {
    const out = outputPath(verb.name, own)
    await using model = await Model.load(name, { signal, onEvent: event => showDownload(event, progress) })
    progress.clear()
    const files = await model.export(out, options as ExportOptions)
    output.record({ type: 'done', files })
    for (const name of files) output.text(shown(name))
    return EXIT.ok
  },
}
