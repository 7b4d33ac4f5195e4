// The time of one training step, layer by layer and part by part, beside the limits of the machine.
import { table } from './report.mjs'

/** Bytes of one f32. */
const FLOAT = 4
/** Winograd tiles of the engine by filter length: outputs, products. */
const TILES = { 2: [6, 7], 3: [6, 8], 4: [4, 7], 5: [5, 9] }

/** Products of direct convolution for one product of the form that the engine uses. */
const saving = layer => {
  const tile = layer.stride === 1 ? TILES[layer.kernel] : undefined
  return tile === undefined ? 1 : (tile[0] * layer.kernel) / tile[1]
}

/**
 * The least time of a layer in a step of `batch` segments: that of its operations at the peak of `gflops`, or that of
 * its bytes, if every value moves once, at `gigabytes` per second.
 */
function limit(layer, before, { batch, gflops, gigabytes }) {
  const flops = 3 * batch * layer.flops
  const raw = batch * layer.convLength * layer.channels * FLOAT
  const pooled = batch * layer.length * layer.channels * FLOAT
  const input = before === undefined ? 0 : batch * before.length * before.channels * FLOAT
  // Forward: reads the input, writes raw values and maxima. Backward: reads all of them, and the gradient of the
  // maxima twice (its sums, and the products); writes the gradient of the input.
  const bytes = input + raw + pooled + (input + raw + 3 * pooled) + input
  const compute = flops / saving(layer) / (gflops * 1e9)
  const memory = bytes / (gigabytes * 1e9)
  return { flops, bytes, seconds: Math.max(compute, memory), bound: compute > memory ? 'products' : 'memory' }
}

const PASSES = {
  weights: ['weights'],
  inputs: ['inputs'],
  forward: ['forward'],
  'norm, sums': ['norm', 'sums'],
  gradients: ['gradients'],
  'data gradient': ['data gradient'],
  'weight gradient': ['weight gradient'],
}

/**
 * The table of a step: `steps` are the operations with their seconds and parts, `layers` those of the network, `limits`
 * the batch, the threads and the speeds of the machine.
 */
export function profile(steps, layers, limits) {
  const ms = seconds => (seconds === 0 ? '' : (1e3 * seconds).toFixed(1))
  const convolutions = layers.filter(({ kind }) => kind === 'conv')
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0)
  let rest = total
  const rows = convolutions.map((layer, at) => {
    const own = steps.filter(({ name }) => name === layer.name || name === `${layer.name} backward`)
    const seconds = own.reduce((sum, step) => sum + step.seconds, 0)
    rest -= seconds
    const parts = Object.values(PASSES).map(names =>
      own.reduce((sum, step) => sum + names.reduce((all, name) => all + (step.parts[name] ?? 0), 0), 0),
    )
    const cells = [layer.name, ms(seconds), ...parts.map(part => ms(part / limits.threads))]
    // The first layer is computed by the layer that reads it, so that its output is not moved.
    if (at === 0) return cells
    const { flops, bytes, ...least } = limit(layer, at === 1 ? undefined : convolutions[at - 1], limits)
    return [
      ...cells,
      (flops / seconds / 1e9).toFixed(0),
      (bytes / 1e6).toFixed(0),
      `${((100 * least.seconds) / seconds).toFixed(0)} % (${least.bound})`,
    ]
  })
  const update = steps.find(({ name }) => name === 'update')?.seconds ?? 0
  rows.push(['update', ms(update)], ['everything else', ms(rest - update)], ['step', ms(total)])
  const head = ['layer', 'ms', ...Object.keys(PASSES), 'GFLOP/s', 'MB', 'of the limit']
  return table(head, rows)
}
