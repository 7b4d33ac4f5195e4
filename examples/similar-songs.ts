/**
 * Finds the songs that sound most like one song: computes the embedding of every file of a folder, and prints the five
 * files with the largest cosine similarity.
 *
 *   node similar-songs.js MODEL FOLDER SONG
 */
import { resolve } from 'node:path'

import { embed } from 'samplecnn'

const [model = 'best.safetensors', folder = '.', song = 'song.mp3'] = process.argv.slice(2)

const library = new Map<string, readonly number[]>()
for await (const record of embed([song, folder], { model, levels: [-2, -1] })) {
  if (record.type === 'embedding') library.set(record.file, record.values)
  else if (record.type === 'failed') console.error(`${record.file}: ${record.error.message}`)
}

const wanted = library.get(resolve(song))
if (wanted === undefined) throw new Error(`${song} has no embedding`)

const product = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0)
const similarity = (a: readonly number[], b: readonly number[]): number =>
  product(a, b) / Math.sqrt(product(a, a) * product(b, b))

const others = [...library].filter(([file]) => file !== resolve(song))
const ranked = others.map(([file, values]) => ({ file, score: similarity(wanted, values) }))
ranked.sort((a, b) => b.score - a.score)
for (const { file, score } of ranked.slice(0, 5)) console.log(`${score.toFixed(3)}  ${file}`)
