import {
  cache,
  clipSeconds,
  device,
  force,
  modelArgument,
  mtatSeconds,
  precision,
  segments,
  terminal,
  threads,
} from './recurring.js'
import type { Verb } from './table.js'

/** The analyses. */
export const analyses = ['filters', 'tsne', 'excitations', 'timeline'] as const

/** `visualize`. */
export const visualize: Verb = {
  name: 'visualize',
  summary: 'Draw what a model has learned: its filters, maps of clips, excitations, tags over time',
  interface: 'VisualizeOptions',
  events: 'VisualizeEvent',
  abortable: true,
  usage: 'filters|tsne|excitations|timeline [MODEL] -o DIR [options]',
  examples: [
    'visualize filters runs/mtat/best.safetensors -o figures',
    'visualize filters 8k.safetensors --compare 16k.safetensors,22k.safetensors -o figures',
    'visualize tsne best.safetensors --dataset mtat --root MagnaTagATune -o figures',
    'visualize excitations se.safetensors --dataset mtat --root MagnaTagATune -o figures',
    'visualize timeline best.safetensors --file song.mp3 -o figures',
  ],
  notes:
    'filters: the signal that each filter responds to most, by gradient ascent in the input, and its spectrum. ' +
    'tsne: maps of the clips of some tags by their features at several levels. excitations: the factors of the ' +
    'squeeze-and-excitation blocks by tag and block, and their dependence on the loudness. timeline: the tags of one ' +
    'file over its time. Each writes figures (SVG and PNG), the arrays behind them (npy and CSV) and a JSON file ' +
    'with the numbers and settings. An option of another analysis is refused.',
  options: {
    kind: {
      kind: 'choice',
      choices: analyses,
      required: true,
      positional: true,
      only: 'cli',
      placeholder: 'KIND',
      help: 'the analysis: filters, tsne, excitations or timeline',
    },
    model: modelArgument,
    out: {
      kind: 'path',
      required: true,
      short: 'o',
      placeholder: 'DIR',
      help: 'folder for the figures, arrays and numbers; those of an earlier call are replaced',
    },
    force,
    compare: {
      kind: 'modelFiles',
      otherwise: 'none',
      help: 'filters: further models, whose filters are drawn beside those of the first',
    },
    layers: {
      kind: 'integers',
      minimum: 1,
      otherwise: 'the first six; with compare the first four',
      help: 'filters: numbers of the layers; 1 is the stem, or the first block of a network without a stem',
    },
    length: {
      kind: 'integer',
      minimum: 2,
      maximum: 1_000_000,
      otherwise: '729, or the shortest longer length that fits the layers',
      help: 'filters: samples of the signals',
    },
    starts: {
      kind: 'integer',
      minimum: 1,
      maximum: 1000,
      otherwise: '1',
      help: 'filters: ascents from different noise for each filter, of which the best one is kept',
    },
    batchNorm: {
      kind: 'choice',
      choices: ['batch', 'running'],
      otherwise: 'batch',
      help: 'filters: statistics of the norms, those of the signal itself or the running ones of the model',
    },
    spectrum: {
      kind: 'choice',
      choices: ['whole', 'published'],
      otherwise: 'whole',
      help: 'filters: spectrum of the whole signal, or of its first half as in the published script',
    },
    dataset: { kind: 'dataset', otherwise: 'none', help: 'tsne, excitations: the clips and their tags' },
    part: {
      kind: 'choice',
      choices: ['train', 'valid', 'test', 'all'],
      otherwise: 'test',
      help: 'tsne, excitations: part of the dataset whose clips are used',
    },
    segments: {
      ...segments,
      otherwise: 'all',
      help: 'tsne, excitations: segments of each clip: all, or N evenly spread',
    },
    clipSeconds: {
      ...clipSeconds,
      otherwise: `the whole clip; for mtat ${mtatSeconds}`,
      help: 'tsne, excitations: seconds of each clip to use, from its start',
    },
    tags: {
      kind: 'texts',
      otherwise: 'those of the papers, or the ten with the highest scores for timeline',
      help: 'tsne, excitations, timeline: tags that are shown',
    },
    levels: {
      kind: 'integers',
      maximum: -1,
      otherwise: '-3, -1',
      help: 'tsne: hidden layers, counted from the end: -1 is the layer before the output, -2 the last block',
    },
    perplexities: {
      kind: 'numbers',
      above: 0,
      otherwise: '30',
      help: 'tsne: perplexities, a row of maps for each',
    },
    maps: {
      kind: 'integer',
      minimum: 1,
      maximum: 20,
      otherwise: '1',
      help: 'tsne: maps of each level and perplexity; those after the first start from random positions',
    },
    file: { kind: 'path', otherwise: 'none', help: 'timeline: the audio file' },
    seed: { kind: 'integer', minimum: 0, default: 0, help: 'seed of starts, bootstraps and a drawn split' },
    device,
    precision,
    threads,
    cache,
    ...terminal,
  },
}
