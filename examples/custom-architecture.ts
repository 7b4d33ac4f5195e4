/**
 * Defines a custom network as an object, prints its layers, and saves an untrained model of it.
 *
 *   node custom-architecture.js MODEL_TO_WRITE
 */
import { type Architecture, inspect, Model } from 'samplecnn'

const [path = 'untrained.safetensors'] = process.argv.slice(2)

// A narrow network for speech at 8 kHz: four blocks, the last two with squeeze-and-excitation.
const architecture: Architecture = {
  samplingRate: 8000,
  inputLength: 3 * 3 * 4 * 4 * 4,
  stem: { kernel: 3, stride: 3, channels: 32, padding: [0, 0] },
  same: 'right',
  norm: { kind: 'batch', eps: 1e-5, momentum: 0.1 },
  blocks: [
    { kind: 'basic', kernel: 3, pool: 3, channels: 32 },
    { kind: 'basic', kernel: 3, pool: 4, channels: 64 },
    { kind: 'se', kernel: 3, pool: 4, channels: 64, excite: 1 / 8 },
    { kind: 'se', kernel: 3, pool: 4, channels: 128, excite: 1 / 8 },
  ],
  head: { kind: 'conv', channels: 128, kernel: 1, levels: 1, dropout: 0.5 },
}

const { layers, parameters } = inspect(architecture)
for (const layer of layers) console.log(`${layer.name.padEnd(14)} ${layer.length} x ${layer.channels}`)
console.log(`${parameters} parameters`)

await using model = await Model.create({ architecture, tags: ['speech', 'music'], seed: 1 })
await model.save(path)
