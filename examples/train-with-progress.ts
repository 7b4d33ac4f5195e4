/**
 * Trains on a list of clips, prints the progress, and resumes a training that was interrupted (by Ctrl-C or a crash).
 *
 *   node train-with-progress.js MANIFEST.csv RUN_FOLDER
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { SampleCnnError, train } from 'samplecnn'

const [manifest = 'songs.csv', out = 'runs/songs'] = process.argv.slice(2)
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

try {
  const run = await train({
    dataset: { kind: 'manifest', path: manifest },
    architecture: '3^4@8000',
    epochs: 3,
    out,
    resume: existsSync(join(out, 'config.json')),
    signal: interrupted.signal,
    onEvent(event) {
      if (event.type === 'epoch') console.log(`epoch ${event.epoch}: validation loss ${event.validLoss?.toFixed(4)}`)
      if (event.type === 'warning') console.warn(event.message)
    },
  })
  console.log(`macro ROC-AUC on the test part: ${run.test.rocAuc?.toFixed(4) ?? 'not defined'}`)
  console.log(`model: ${run.best}`)
} catch (error) {
  if (interrupted.signal.aborted) console.log('interrupted: the same command resumes the run')
  else if (error instanceof SampleCnnError && error.code === 'ERR_RUN_EXISTS') console.log(error.message)
  else throw error
}
