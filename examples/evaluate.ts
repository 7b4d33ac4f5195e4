/**
 * Measures a model on the test part of a dataset and prints its weakest tags.
 *
 *   node evaluate.js MODEL MANIFEST.csv
 */
import { evaluate } from 'samplecnn'

const [model = 'best.safetensors', manifest = 'songs.csv'] = process.argv.slice(2)

const { clips, rocAuc, prAuc, perTag } = await evaluate({ model, dataset: { kind: 'manifest', path: manifest } })
console.log(`${clips} clips, macro ROC-AUC ${rocAuc?.toFixed(4)}, average precision ${prAuc?.toFixed(4)}`)

// A tag without a positive or without a negative clip has no ROC-AUC.
const measured = perTag.filter(entry => entry.rocAuc !== null)
const weakest = measured.toSorted((a, b) => (a.rocAuc ?? 0) - (b.rocAuc ?? 0)).slice(0, 5)
for (const { tag, rocAuc: auc, positives } of weakest) {
  console.log(`  ${tag}: ${auc?.toFixed(4)} (${positives} positive clips)`)
}
