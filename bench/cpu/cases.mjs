// The cases of a benchmark: samplecnn, and every other program that can run the network. A program that is not
// installed is listed as missing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/paths.mjs'
import { TUNED } from '../allocator.mjs'

const peers = join(root, 'bench/cpu/peers')

/** The Python of `bench/setup`, unless another one is given. */
export function pythonOf(given) {
  const own = join(root, 'bench/.venv/bin/python')
  return given ?? process.env.SAMPLECNN_BENCH_PYTHON ?? (existsSync(own) ? own : 'python3')
}

export const CANDLE = 'candle, plain operations'

/**
 * The cases of a network. `work` is infer or train; `files` are the models for PyTorch and for ONNX, `examples` is the
 * folder of the example programs of the engine.
 */
export function casesOf(work, { files, examples, python, batch, threads }) {
  const sizes = ['--batch', String(batch), '--threads', String(threads)]
  const ours = (name, args = [], env = {}) => ({
    name,
    command: join(examples, work === 'infer' ? 'infer' : 'step'),
    args: [files.model, ...sizes, ...(work === 'infer' ? ['--serve'] : []), ...args],
    env,
  })
  // Forms of PyTorch that compute the same values: the benchmark uses the fastest form of each list.
  const torch = (name, args, env = TUNED) => ({
    form: args.includes('--bf16') ? 'PyTorch bf16' : 'PyTorch f32',
    name: `PyTorch ${name}`,
    command: python,
    args: [join(peers, 'torch_peer.py'), files.model, work, ...sizes, ...args],
    env,
  })
  const node = (name, script, file) => ({
    name,
    command: process.execPath,
    args: [join(peers, script), file, ...sizes],
  })
  const candle = {
    name: CANDLE,
    command: join(examples, 'candle_ops'),
    args: [files.model, work, ...sizes],
    // One step takes half a minute.
    repeats: work === 'train' ? 3 : undefined,
  }
  if (work === 'train') {
    return [
      ours('ours'),
      ours('ours, bf16', ['--precision', 'bf16']),
      torch('eager, stock', [], {}),
      torch('eager, tuned', []),
      torch('compile, tuned', ['--compile']),
      torch('channels-last, tuned', ['--planar']),
      torch('channels-last, compile, tuned', ['--planar', '--compile']),
      torch('channels-last, bf16, tuned', ['--planar', '--bf16']),
      torch('channels-last, compile, bf16, tuned', ['--planar', '--compile', '--bf16']),
      candle,
    ]
  }
  const onnx = (name, args) => ({
    name: `ONNX Runtime ${name}`,
    command: python,
    args: [join(peers, 'onnx_peer.py'), files.onnx, ...sizes, ...args],
  })
  return [
    ours('ours'),
    ours('ours, AVX2', [], { SAMPLECNN_CPU_LEVEL: 'avx2' }),
    ours('ours, fixed14', ['--precision', 'fixed14']),
    ours('ours, int8', ['--precision', 'int8']),
    torch('eager, stock', [], {}),
    torch('eager, tuned', []),
    torch('compile, tuned', ['--compile']),
    torch('folded, channels-last, tuned', ['--planar', '--fold']),
    torch('folded, channels-last, compile, tuned', ['--planar', '--fold', '--compile'], {
      ...TUNED,
      TORCHINDUCTOR_FREEZING: '1',
    }),
    torch('folded, channels-last, bf16, tuned', ['--planar', '--fold', '--bf16']),
    torch('folded, channels-last, compile, bf16, tuned', ['--planar', '--fold', '--compile', '--bf16'], {
      ...TUNED,
      TORCHINDUCTOR_FREEZING: '1',
    }),
    onnx('f32', []),
    onnx('int8', ['--int8']),
    node('onnxruntime-node f32', 'onnx_peer.mjs', files.onnx),
    node('tfjs-node f32', 'tfjs_peer.mjs', files.model),
    candle,
  ]
}
