/**
 * An HTTP endpoint that tags uploaded audio. The body of a POST request is the audio file. Nothing is written to disk.
 *
 *   node upload-endpoint.js MODEL [PORT]
 *   curl --data-binary @song.mp3 http://localhost:8080/
 */
import { createServer } from 'node:http'

import { Model, SampleCnnError } from 'samplecnn'

const [path = 'best.safetensors', port = '8080'] = process.argv.slice(2)
const model = await Model.load(path)

const server = createServer(async (request, response) => {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  try {
    const { duration, tags } = await model.tagFile(request, { top: 5, signal: left.signal })
    answer(200, { duration, tags })
  } catch (error) {
    if (left.signal.aborted) return
    // Problems of the upload have a code; any other error is a bug of this program.
    if (error instanceof SampleCnnError) answer(422, { code: error.code, message: error.message })
    else answer(500, { message: 'internal error' })
  }
})

server.listen(Number(port), () => {
  const address = server.address()
  console.log(`listening on port ${typeof address === 'object' && address !== null ? address.port : port}`)
})
process.once('SIGTERM', () => {
  server.close()
  model.dispose()
})
