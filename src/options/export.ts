import { force, terminal } from './recurring.js'
import type { Verb } from './table.js'

/** `export`, and `Model.export`. */
export const exportModel: Verb = {
  name: 'export',
  method: 'Model.export',
  summary: 'Write a model for another program (ONNX, PyTorch), or another model file of it',
  interface: 'ExportOptions',
  usage: 'MODEL --to onnx|pytorch|model -o PATH [options]',
  examples: [
    'export best.safetensors --to onnx -o best.onnx',
    'export best.safetensors --to pytorch -o best-pytorch',
    'export best.safetensors --to model --half --tags rock,jazz --card card.json -o small.safetensors',
  ],
  options: {
    out: { kind: 'path', short: 'o', only: 'cli', required: true, help: 'the ONNX or model file, or the folder for PyTorch' },
    to: {
      kind: 'choice',
      choices: ['onnx', 'pytorch', 'model'],
      default: 'onnx',
      help:
        'onnx: one file, opset 17; pytorch: a folder with weights.safetensors and model.py; ' +
        'model: a model file, changed by half, tags, thresholds and card',
    },
    half: {
      kind: 'flag',
      default: false,
      help: 'model file: round the weights to 16 bits, which halves the file',
    },
    tags: {
      kind: 'texts',
      otherwise: 'all tags',
      help: 'model file: keep only these tags, in this order; of multi-label models',
    },
    tagList: {
      kind: 'path',
      excludes: ['tags'],
      otherwise: 'all tags',
      help: 'model file: a text file with the tags to keep, one in each line',
    },
    thresholds: {
      kind: 'path',
      suffixes: ['.json'],
      placeholder: 'FILE.json',
      otherwise: 'those of the model',
      help: 'model file: an object with the score above which each tag is assigned, or null for never',
    },
    card: {
      kind: 'path',
      suffixes: ['.json'],
      placeholder: 'FILE.json',
      otherwise: 'that of the model',
      help: 'model file: the facts for its users (data, licence, scores, limits, default output of tag)',
    },
    force,
    ...terminal,
  },
}
