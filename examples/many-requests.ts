/**
 * Answers many requests with one model. All calls share one plan and its threads, so memory use does not grow with
 * the number of calls.
 *
 *   node many-requests.js MODEL FILE...
 */
import { Model } from 'samplecnn'

const [path = 'best.safetensors', ...files] = process.argv.slice(2)

await using model = await Model.load(path)
const answers = await Promise.allSettled(files.map(file => model.tagFile(file, { top: 1 })))
answers.forEach((answer, index) => {
  const [best] = answer.status === 'fulfilled' ? answer.value.tags : []
  console.log(`${files[index]}: ${best === undefined ? 'no answer' : `${best.tag} ${best.score.toFixed(2)}`}`)
})
