import { force, terminal } from './recurring.js'
import type { Verb } from './table.js'

/** `export`, and `Model.export`. */
export const exportModel: Verb = {
  name: 'export',
  method: 'Model.export',
  summary: 'Write a model for another program: ONNX, or PyTorch',
  interface: 'ExportOptions',
  usage: '[MODEL] --to onnx|pytorch -o PATH [options]',
  examples: ['export best.safetensors --to onnx -o best.onnx', 'export best.safetensors --to pytorch -o best-pytorch'],
  options: {
    out: { kind: 'path', short: 'o', only: 'cli', required: true, help: 'the ONNX file, or the folder for PyTorch' },
    to: {
      kind: 'choice',
      choices: ['onnx', 'pytorch'],
      default: 'onnx',
      help: 'onnx: one file, opset 17; pytorch: a folder with weights.safetensors and model.py',
    },
    force,
    ...terminal,
  },
}
