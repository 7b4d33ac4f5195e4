/**
 * Decides what to do with a file by its error code. Codes are stable; messages are for people.
 *
 *   node errors-by-code.js MODEL FILE...
 */
import { type ErrorCode, SampleCnnError, tag } from 'samplecnn'

const [model = 'best.safetensors', ...files] = process.argv.slice(2)

/** Says what a music library could do with a file that failed. */
function whatToDo(code: ErrorCode): string {
  switch (code) {
    case 'ERR_UNSUPPORTED_FORMAT':
      return 'convert it'
    case 'ERR_DECODE':
      return 'replace it: it is damaged'
    case 'ERR_NO_AUDIO':
    case 'ERR_TOO_SHORT':
    case 'ERR_SILENCE':
      return 'leave it out: it contains no usable audio'
    case 'ERR_IO':
      return 'try again later'
    default:
      return 'read the message'
  }
}

try {
  for await (const record of tag(files, { model })) {
    if (record.type === 'failed') console.log(`${record.file}: ${record.error.code}: ${whatToDo(record.error.code)}`)
  }
} catch (error) {
  // Errors that end the whole job: for example a missing model or an invalid option.
  if (!(error instanceof SampleCnnError)) throw error
  console.log(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
