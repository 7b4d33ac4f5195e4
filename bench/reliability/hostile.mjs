// Damaged and hostile model files, checkpoints, manifests and architectures.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'
import { faultOf, samplecnn, tally } from './command.mjs'
import { music, trained } from './material.mjs'

hostile.title = 'Damaged and hostile files'

/** Files whose bytes were changed, cut, removed or inserted. Each command may take 20 seconds. */
export async function hostile({ folder, scale, random }) {
  const material = music(folder, random, 12)
  const model = await trained(folder, material)
  const often = Math.max(1, Math.round(60 * scale))
  const rows = []
  const attempt = async (row, path, args, how) => {
    const ended = await samplecnn(args, { seconds: 20 })
    // Files that a list names but that do not exist are counted; with -q there is no other message.
    const coded = [0, 1, 4].includes(ended.status) || /\(ERR_[A-Z_]+\)/.test(ended.stderr)
    row.count(faultOf(ended) ?? (coded ? undefined : `no code: ${ended.stderr.slice(0, 200)}`), `${path}, ${how}`)
  }

  const models = tally('damaged model files in `inspect` and `tag`: a coded error, or a result')
  for (let round = 0; round < often; round++) {
    const [bytes, how] = damaged(readFileSync(model), random)
    const path = join(folder, 'damaged.safetensors')
    writeFileSync(path, bytes)
    await attempt(
      models,
      path,
      round % 2 === 0 ? ['inspect', path] : ['tag', material.music, '-m', path, '-q', '--device', 'cpu'],
      how,
    )
  }
  rows.push(models.row)

  const checkpoints = tally('damaged checkpoints of other programs in `import`: a coded error, or a model')
  const data = join(root, 'crates', 'import', 'tests', 'data')
  const names = readdirSync(data).filter(name => /\.(pth|pt|ckpt|hdf5|h5)$/.test(name))
  for (let round = 0; round < often; round++) {
    const name = names[random.below(names.length)]
    const [bytes, how] = damaged(readFileSync(join(data, name)), random)
    const path = join(folder, `damaged-${round}-${name}`)
    writeFileSync(path, bytes)
    await attempt(checkpoints, name, ['import', path, '-o', join(folder, `imported-${round}.safetensors`), '-q'], how)
  }
  rows.push(checkpoints.row)

  const lists = tally('damaged manifests in `prepare`: a coded error that names the file, or a prepared dataset')
  for (let round = 0; round < Math.ceil(often / 3); round++) {
    const [bytes, how] = damaged(readFileSync(material.manifest), random)
    const path = join(folder, 'damaged.csv')
    writeFileSync(path, bytes)
    await attempt(
      lists,
      path,
      ['prepare', '--manifest', path, '-a', material.network, '--cache', join(folder, 'lists'), '-q'],
      how,
    )
  }
  rows.push(lists.row)

  const networks = tally('architectures with absurd numbers in `inspect` and `train`: a coded error, or a result')
  for (let round = 0; round < Math.ceil(often / 3); round++) {
    const network = JSON.parse(readFileSync(material.network, 'utf8'))
    const absurd = [2 ** 26, 2 ** 31, 2 ** 53, 1e300, -1, 0.5, 65_536][random.below(7)]
    const where = [network, network.stem, network.blocks[random.below(5)], network.head][random.below(4)]
    const keys = Object.keys(where).filter(key => typeof where[key] === 'number')
    const key = keys[random.below(keys.length)]
    where[key] = absurd
    const path = join(folder, 'absurd.json')
    writeFileSync(path, JSON.stringify(network))
    const args = [
      'train',
      '--manifest',
      material.manifest,
      '-a',
      path,
      '-o',
      join(folder, `absurd-${round}`),
      '--epochs',
      '1',
      '-q',
    ]
    await attempt(
      networks,
      path,
      round % 2 === 0 ? ['inspect', path] : [...args, '--cache', join(folder, 'cache')],
      `${key} = ${absurd}`,
    )
  }
  rows.push(networks.row)
  return rows
}

/** Returns `bytes` with one kind of damage, and a description of the damage. */
function damaged(bytes, random) {
  const at = random.below(bytes.length)
  const length = 1 + random.below(64)
  const noise = Buffer.from(Array.from({ length }, () => random.below(256)))
  switch (random.below(5)) {
    case 0: {
      const changed = Buffer.from(bytes)
      noise.copy(changed, at)
      return [changed, `${length} bytes of noise at ${at}`]
    }
    case 1:
      return [bytes.subarray(0, at), `cut at ${at}`]
    case 2:
      return [Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]), `${length} bytes inserted at ${at}`]
    case 3:
      return [Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]), `${length} bytes removed at ${at}`]
    default: {
      // Most of the header fields are at the beginning of a file.
      const changed = Buffer.from(bytes)
      const early = random.below(Math.min(bytes.length, 1024))
      changed[early] ^= 1 << random.below(8)
      return [changed, `a bit flipped at ${early}`]
    }
  }
}
