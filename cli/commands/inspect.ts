import { isAbsolute } from 'node:path'

import { draw, inspect as work } from '../../src/inspect.js'
import { defaultModel, isHubName } from '../../src/model-sources/name.js'
import { inspect as verb } from '../../src/options/inspect.js'
import type { Inspection } from '../../src/records/index.js'
import { resolveModel } from '../../src/resolve-model.js'
import type { Command } from '../command.js'
import { showDownload } from '../download.js'
import { EXIT } from '../exit.js'
import { count, table } from '../format.js'
import { cardLines } from '../model-card/lines.js'
import { cardPage } from '../model-card/page.js'
import { shown } from '../paths.js'

const HEAD = [
  'layer',
  'kernel',
  'stride',
  'pool',
  'length',
  'pooled',
  'channels',
  'weights',
  'with norm',
  'field',
  'MFLOP',
]

/** What the network does with the waveform first. */
const NORMALISATION: Readonly<Record<Inspection['inputNormalisation'], string>> = {
  none: '',
  standardise: ', standardised with the mean and deviation of the training part',
  'signed-log': ', as sign(x) ln(1 + 255 |x|) / ln 256',
}

/**
 * The layer table of a network: the columns of Table 1 of the paper (lengths before and after pooling, weights) and
 * more.
 */
function lines(inspection: Inspection): string[] {
  const { name, samplingRate, inputLength, inputNormalisation, layers, tags, card } = inspection
  const { parameters, parametersWithoutNorm, flops } = inspection
  const milliseconds = ((1000 * inputLength) / samplingRate).toFixed(0)
  const rows = layers.map(layer => [
    layer.name,
    String(layer.kernel),
    String(layer.stride),
    String(layer.pool),
    count(layer.convLength),
    count(layer.length),
    String(layer.channels),
    count(layer.parametersWithoutNorm),
    count(layer.parameters),
    count(layer.receptiveField),
    (layer.flops / 1e6).toFixed(2),
  ])
  return [
    `${isAbsolute(name) ? shown(name) : name}: ` +
      `${count(inputLength)} samples at ${count(samplingRate)} Hz = ${milliseconds} ms` +
      NORMALISATION[inputNormalisation],
    '',
    ...table([HEAD, ...rows], new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
    '',
    `${count(parameters)} parameters (${count(parametersWithoutNorm)} without norms), ` +
      `${(flops / 1e9).toFixed(3)} GFLOP forward`,
    ...(tags === null ? [] : [`${tags.length} tags: ${tags.join(', ')}`]),
    ...fileLines(inspection),
    ...(card === null ? [] : ['', ...cardLines(card)]),
  ]
}

/** What the weights are in a model file. */
const WEIGHTS: Readonly<Record<NonNullable<Inspection['weights']>, string>> = {
  F32: '32 bits (F32)',
  F16: '16 bits (F16), computed as 32',
  mixed: '16 bits (F16) in some tensors, 32 bits (F32) in others, computed as 32',
}

/** The facts about a model file. */
function fileLines({ licence, sha256, weights, unknownFields }: Inspection): string[] {
  if (sha256 === null || weights === null) return []
  return [
    `weights: ${WEIGHTS[weights]}`,
    `licence: ${licence ?? 'not stated'}`,
    `sha256: ${sha256}`,
    ...(unknownFields.length === 0
      ? []
      : [`ignored: ${unknownFields.join(', ')}: fields of a later version of samplecnn`]),
  ]
}

/** `samplecnn inspect`. */
export const inspect: Command = {
  verb,
  operands: [0, Infinity],
  async run({ own, operands: given, output, progress, signal }) {
    const operands = given.length === 0 ? [defaultModel] : given
    for (const name of operands.filter(isHubName)) {
      await resolveModel(name, { signal, onEvent: event => showDownload(event, progress) })
    }
    progress.clear()
    const { svg } = own
    if (own['card'] === true) {
      for (const name of operands) {
        const inspection = work(name)
        output.record(inspection)
        for (const line of cardPage(inspection)) output.text(line)
      }
      return EXIT.ok
    }
    if (typeof svg === 'string') {
      draw(operands, { out: svg, force: own['force'] === true })
      progress.line(`picture: ${svg}`)
    }
    for (const [index, name] of operands.entries()) {
      const inspection = work(name)
      output.record(inspection)
      if (index > 0) output.text('')
      for (const line of lines(inspection)) output.text(line)
    }
    return EXIT.ok
  },
}
