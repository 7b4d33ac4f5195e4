import { demo as work } from '../../src/demo.js'
import { demo as verb } from '../../src/options/demo.js'
import type { DemoOptions } from '../../src/options/interfaces.js'
import type { TagResult } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'
import { metric } from '../format.js'
import { shown } from '../paths.js'
import { quoted } from '../shell.js'
import { showTraining } from '../training.js'

/** `samplecnn demo`. */
export const demo: Command = {
  verb,
  operands: [0, 0],
  async run({ options, output, progress, signal }) {
    let unseen: TagResult | undefined
    const done = await work({
      ...(options as DemoOptions),
      signal,
      onEvent(event) {
        output.record(event)
        if (event.type === 'result') unseen = event
        else if (event.type !== 'done') showTraining(event, progress)
      },
    })
    progress.clear()
    output.text(`macro ROC-AUC on unseen clips: ${metric(done.test.rocAuc)}`)
    if (unseen !== undefined) {
      output.text(`tags of ${shown(unseen.file)}:`)
      const width = Math.max(...unseen.tags.map(({ tag }) => tag.length))
      for (const { tag, score } of unseen.tags)
        output.text(`  ${tag.padEnd(width)}  ${score.toFixed(3)}  ${'█'.repeat(Math.round(score * 20))}`)
    }
    output.text(`actual tags: ${done.unseenTags.join(', ')}`)
    output.text('')
    output.text(`music:         ${shown(done.manifest)}`)
    output.text(`run:           ${shown(done.run)}`)
    output.text(`model:         ${shown(done.model)}`)
    output.text('')
    output.text('Next, tag your own music, with the model that comes with samplecnn or with this one:')
    output.text('  npx samplecnn tag SONG.mp3')
    output.text(`  npx samplecnn tag SONG.mp3 -m ${quoted(shown(done.model))}`)
    output.text('learn from the tags of your own library, or train on your own songs:')
    output.text('  npx samplecnn learn --help')
    output.text('  npx samplecnn train --help')
    return EXIT.ok
  },
}
