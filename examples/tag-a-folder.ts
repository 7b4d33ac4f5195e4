/**
 * Tags every audio file in a folder and its subfolders, and prints the tags with a score of at least 0.3. A file that
 * cannot be read does not end the job.
 *
 *   node tag-a-folder.js MODEL FOLDER
 */
import { tag } from 'samplecnn'

const [model = 'best.safetensors', folder = '.'] = process.argv.slice(2)

let failed = 0
for await (const record of tag(folder, { model, threshold: 0.3 })) {
  if (record.type === 'result') {
    const tags = record.tags.map(({ tag: name, score }) => `${name} ${score.toFixed(2)}`)
    console.log(`${record.file}: ${tags.join(', ') || 'no tag above 0.3'}`)
  } else if (record.type === 'failed') {
    failed += 1
    console.error(`${record.file}: ${record.error.code}: ${record.error.message}`)
  }
}
process.exitCode = failed > 0 ? 1 : 0
