/** The view of a CommonJS program; compiled by types.spec.ts, never run. */

import samplecnn = require('samplecnn')

/** The same declarations as those of an ES module. */
async function accepted(): Promise<number> {
  const model: samplecnn.Model = await samplecnn.Model.load('m.safetensors')
  const { tags }: samplecnn.FileScores = await model.tagFile(Buffer.from(''))
  const code: samplecnn.ErrorCode = 'ERR_DECODE'
  samplecnn.tag('a.mp3', { model, top: 3 })
  // @ts-expect-error all and top exclude each other
  samplecnn.tag('a.mp3', { model, all: true, top: 3 })
  return tags.length + samplecnn.errorCodes[code].length
}

export = accepted
