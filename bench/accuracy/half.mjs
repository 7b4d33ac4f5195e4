// Measures what F16 weights change: tags clips with a model and with its F16 versions, and compares the scores.
//
//   node bench/accuracy/half.mjs --model best.safetensors [--audio ../shared/data/gm-mtat] [--clips 100] [--threads 2]
//     [--out runs/half] [--json]
//
// Two versions are measured: `weights`, which `samplecnn export --to model --half` writes, and `weights and
// statistics`, in which the running statistics of the norms are F16 as well. A score is in 0..1. `ranks` is the number
// of clips whose five best tags, or their order, differ.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Model, tag } from 'samplecnn'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    audio: { type: 'string', default: '../shared/data/gm-mtat' },
    clips: { type: 'string', default: '100' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: 'runs/half' },
    json: { type: 'boolean', default: false },
  },
})
if (values.model === undefined) throw new Error('name a model file: --model FILE')
mkdirSync(values.out, { recursive: true })

/** The bits of the F16 number nearest to `value`; of two equally near ones the even one. */
function halfBits(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  const even = number => {
    const floor = Math.floor(number)
    const rest = number - floor
    return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
  }
  // Below 2^-14 the numbers are multiples of 2^-24.
  if (size < 2 ** -14) return sign | even(size * 2 ** 24)
  const exponent = Math.floor(Math.log2(size))
  const bits = ((exponent + 15) << 10) + even((size / 2 ** exponent - 1) * 1024)
  if (bits >= 0x7c00) throw new Error(`${value} is outside the range of F16`)
  return sign | bits
}

/** Writes the model file `from` with every tensor as F16. */
function writeAllHalf(from, to) {
  const file = readFileSync(from)
  const length = Number(file.readBigUInt64LE(0))
  const { __metadata__: metadata, ...tensors } = JSON.parse(file.toString('utf8', 8, 8 + length))
  const { hash: _hash, ...facts } = JSON.parse(metadata.samplecnn)
  const header = { __metadata__: { samplecnn: JSON.stringify({ ...facts, format: 2 }) } }
  const parts = []
  let offset = 0
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [start, end],
    },
  ] of Object.entries(tensors)) {
    const data = file.subarray(8 + length + start, 8 + length + end)
    const half = dtype === 'F16' ? data : Buffer.alloc(data.length / 2)
    if (dtype === 'F32')
      for (let at = 0; at < data.length; at += 4) half.writeUInt16LE(halfBits(data.readFloatLE(at)), at / 2)
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + half.length] }
    offset += half.length
    parts.push(half)
  }
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(to, Buffer.concat([prefix, text, ...parts]))
}

/** The scores of every tag by file, of the first clips in the folder. */
async function scoresOf(model) {
  const all = new Map()
  for await (const record of tag([resolve(values.audio)], { model, all: true, threads: Number(values.threads) })) {
    if (record.type === 'result')
      all.set(
        record.file,
        record.tags.map(({ score }) => score),
      )
    if (all.size >= Number(values.clips)) break
  }
  return all
}

/** The indices of the five best scores, best first. */
const best = scores =>
  [...scores.keys()]
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, 5)
    .join()

const versions = {
  weights: join(values.out, 'weights.safetensors'),
  'weights and statistics': join(values.out, 'all.safetensors'),
}
const model = await Model.load(values.model)
await model.export(versions.weights, { to: 'model', half: true })
model.dispose()
writeAllHalf(values.model, versions['weights and statistics'])

const exact = await scoresOf(values.model)
const rows = []
for (const [version, file] of Object.entries(versions)) {
  const found = await scoresOf(file)
  const differences = [...exact].flatMap(([clip, scores]) =>
    scores.map((score, at) => Math.abs(score - found.get(clip)[at])),
  )
  rows.push({
    version,
    bytes: statSync(file).size,
    bytesBefore: statSync(values.model).size,
    clips: exact.size,
    largest: differences.reduce((most, value) => Math.max(most, value), 0),
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    ranks: [...exact].filter(([clip, scores]) => best(scores) !== best(found.get(clip))).length,
  })
}
if (values.json) console.log(JSON.stringify(rows))
else {
  console.log('| F16 | bytes before | bytes | clips | largest difference | mean difference | ranks |')
  console.log('|---|---|---|---|---|---|---|')
  for (const { version, bytesBefore, bytes, clips, largest, mean, ranks } of rows) {
    const cells = [version, bytesBefore, bytes, clips, largest.toExponential(1), mean.toExponential(1), ranks]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
