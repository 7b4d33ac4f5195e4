/** The whole product on an emulated GPU: tests that only need the rules of the driver. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { doctor, Model } from '../index.js'
import { dataset } from './support/dataset.js'
import { emptyFolder } from './support/folder.js'
import { recordsOf, type JsonRecord } from './support/samplecnn.js'
import { type Attended, samplecnnOn, scriptOn, type Settings, standIn } from './support/standin.js'
import { tone, writeWave } from './support/wave.js'

/** These tests need an addon that was built with CUDA (`npm run build:cuda`), and no real GPU. */
const { compiled, available } = doctor().cuda
const isTested = compiled && !available && process.platform === 'linux'
const onStandIn = isTested ? test.serial : test.serial.skip

let folder = ''
test.before(() => {
  if (isTested) folder = standIn()
})

/** A network with every kind of block. `wide` has sizes for which the own tensor-core kernels are used. */
function architecture(wide: boolean): object {
  const [first, second] = wide ? [128, 64] : [16, 8]
  const block = { kernel: 3, pool: 3 }
  return {
    samplingRate: 8000,
    inputLength: 243,
    stem: { kernel: 3, stride: 3, channels: first },
    blocks: [
      { ...block, kind: 'basic', channels: first },
      { ...block, kind: 'se', channels: second, excite: 0.25 },
      { ...block, kind: 'res', channels: 8, convs: 2, excite: 0.5, dropout: 0.2 },
      { ...block, kind: 'basic', channels: 8 },
    ],
    head: { kind: 'conv', channels: 8, kernel: 1, levels: 1, dropout: 0.2 },
  }
}

/**
 * A training with three updates per epoch, the last one with fewer segments: its command line, and the folder of its
 * results.
 */
function small(t: ExecutionContext, { wide = false } = {}): { readonly words: string[]; readonly run: string } {
  const own = emptyFolder(t)
  const { path } = dataset(own) as { readonly path: string }
  const file = join(own, 'network.json')
  writeFileSync(file, JSON.stringify(architecture(wide)))
  const run = join(own, 'run')
  const sizes = ['--segments', '8', '--batch-size', '24', '--epochs', '2', '--seed', '1']
  const words = ['train', '--manifest', path, '--architecture', file, '--cache', join(own, 'cache'), ...sizes]
  return { words: [...words, '--json', '--force', '-o', run], run }
}

/** `words` with another value for an option that they contain. */
const changed = (words: readonly string[], option: string, value: string): string[] =>
  words.with(words.indexOf(option) + 1, value)

/** The bits of the last parameters of a run. */
const parameters = (run: string): string => readFileSync(join(run, 'last.safetensors')).toString('base64')

const lossesOf = (stdout: string): number[] =>
  recordsOf(stdout).flatMap(record =>
    record.type === 'epoch' ? [record.trainLoss as number, record.validLoss as number] : [],
  )

const errorOf = (stdout: string): JsonRecord['error'] => recordsOf(stdout).find(({ type }) => type === 'error')?.error

/** Checks that everything was released, and that no call broke the rules of the driver. */
function isClean(t: ExecutionContext, { report }: Attended): void {
  t.true((report.calls.cuInit ?? 0) > 0, 'the driver was not asked, or the process was killed')
  t.deepEqual(report.misuses, [])
  t.deepEqual(
    Object.entries(report.left).filter(([, count]) => count !== 0),
    [],
  )
}

onStandIn('doctor describes the GPU', async t => {
  const ended = await samplecnnOn(folder, ['doctor', '--json'], { CAPABILITY: '8.6', MEMORY: 2048 })
  t.is(ended.status, 0, ended.stderr)
  const [{ cuda } = { cuda: undefined }] = recordsOf(ended.stdout)
  t.like(cuda, { available: true, devices: ['cuda:0 Stand-in GPU, compute 8.6, 2048 MiB'] })
  isClean(t, ended)
})

onStandIn('a training gives the results of the CPU, and the same bits for any order of its streams', async t => {
  const { words, run } = small(t)
  const cpu = await samplecnnOn(folder, [...words, '--device', 'cpu'])
  const expected = lossesOf(cpu.stdout)
  t.is(expected.length, 4, cpu.stderr)
  const bits = new Set<string>()
  for (const ORDER of [0, 1, 2, 4, 6, 7]) {
    const ended = await samplecnnOn(folder, [...words, '--device', 'cuda'], { ORDER })
    t.is(ended.status, 0, ended.stderr)
    isClean(t, ended)
    t.true((ended.report.calls.cuGraphLaunch ?? 0) > 0)
    for (const [index, loss] of lossesOf(ended.stdout).entries()) {
      t.true(Math.abs(loss - (expected[index] ?? NaN)) < 1e-3 * loss, `${loss} ${expected[index]}`)
    }
    bits.add(parameters(run))
  }
  t.is(bits.size, 1)
})

onStandIn('audio that does not fit into the memory is copied through pinned buffers, with the same result', async t => {
  const { words, run } = small(t)
  const bits = new Set<string>()
  const copies: number[] = []
  // So many steps that their buffers are reused before any wait.
  const few = changed(words, '--batch-size', '5')
  for (const settings of [{}, { MEMORY: 230, ORDER: 0 }, { MEMORY: 230, ORDER: 1 }, { MEMORY: 230, ORDER: 6 }]) {
    const ended = await samplecnnOn(folder, [...few, '--device', 'cuda'], settings)
    t.is(ended.status, 0, ended.stderr)
    isClean(t, ended)
    bits.add(parameters(run))
    copies.push(ended.report.calls.cuStreamWaitEvent ?? 0)
  }
  t.true((copies[1] ?? 0) > (copies[0] ?? 0))
  t.is(bits.size, 1)
})

for (const precision of ['tf32', 'bf16'] as const) {
  onStandIn(`${precision} takes our own kernels, or cuBLAS where they fail`, async t => {
    const { words, run } = small(t, { wide: true })
    const typed = [...words, '--device', 'cuda', '--precision', precision]
    const kernel = precision === 'tf32' ? 'fused_weights_wave' : 'fused_weights_wave_bf16'
    const launches: (number | undefined)[] = []
    const bits: string[] = []
    const ways: readonly (readonly [Settings, NodeJS.ProcessEnv])[] = [
      [{}, {}],
      [{ ORDER: 6, CAPABILITY: '8.0' }, {}],
      // If cuBLAS computes with a lower precision, the results differ, but only slightly.
      [{ TF32: 'cut' }, {}],
      [{}, { SAMPLECNN_CUDA_FUSED: '0' }],
      [{ CAPABILITY: '12.0' }, {}],
      // Wrong results, and a launch that is refused: the check in advance detects both.
      [{ BROKEN: kernel }, {}],
      [{ FAIL: `${kernel}@1=1` }, {}],
    ]
    for (const [settings, env] of ways) {
      const ended = await samplecnnOn(folder, typed, settings, env)
      t.is(ended.status, 0, ended.stderr)
      isClean(t, ended)
      launches.push(ended.report.calls[kernel])
      bits.push(parameters(run))
    }
    const [fused, onAmpere, , off, newer, broken, refused] = bits
    for (const count of launches.slice(0, 3)) t.is(count, launches[0])
    t.true((launches[0] ?? 0) > 1)
    t.is(onAmpere, fused)
    t.not(off, fused)
    t.deepEqual([newer, broken, refused], [off, off, off])
    t.deepEqual(launches.slice(3, 5), [undefined, undefined])
  })
}

onStandIn('steps that cannot be recorded are launched one by one, with the same result', async t => {
  const { words, run } = small(t)
  const bits = new Set<string>()
  const whole = await samplecnnOn(folder, [...words, '--device', 'cuda'])
  bits.add(parameters(run))
  t.true((whole.report.calls.cuGraphLaunch ?? 0) > 0)
  // The first step is launched directly, and the second one is recorded; some of its products run in parallel.
  const products = (whole.report.calls.cublasGemmBatchedEx ?? 0) / 4
  const failures = ['cuStreamBeginCapture_v2@1=801', 'cuStreamEndCapture@1=901', 'cuGraphInstantiateWithFlags@1=801']
  for (const FAIL of [...failures, `cublasGemmBatchedEx@${products + 2}=13`]) {
    for (const ORDER of [0, 4]) {
      const ended = await samplecnnOn(folder, [...words, '--device', 'cuda'], { FAIL, ORDER })
      t.is(ended.status, 0, ended.stderr)
      // Launches of the training; the validation is recorded separately.
      t.true((ended.report.calls.cuGraphLaunch ?? 0) < (whole.report.calls.cuGraphLaunch ?? 0), FAIL)
      bits.add(parameters(run))
    }
  }
  t.is(bits.size, 1)
})

onStandIn('several models in one process give the tags of the CPU', async t => {
  const own = emptyFolder(t)
  const model = join(own, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b', 'c'], seed: 2 })).save(model)
  const ended = await scriptOn(
    folder,
    `
    import { Model } from 'samplecnn'
    const samples = Float32Array.from({ length: 3 * 8000 }, (_, n) => Math.sin(n / 5) / 2)
    const on = device => Model.load(${JSON.stringify(model)}, { device })
    const models = await Promise.all(['cpu', 'cuda', 'cuda:0'].map(on))
    // Concurrent calls of all models on separate threads, and again on the same threads.
    const all = () => Promise.all(models.map(async model => (await model.tag(samples)).tags.map(({ score }) => score)))
    console.log(JSON.stringify([await all(), await all()]))
    for (const model of models) await model[Symbol.asyncDispose]()
    `,
  )
  t.is(ended.status, 0, ended.stderr)
  const [first, again] = JSON.parse(ended.stdout) as [number[][], number[][]]
  t.deepEqual(again, first)
  const [cpu = [], one = [], other] = first
  t.deepEqual(other, one)
  t.is(cpu.length, 3)
  for (const [index, score] of cpu.entries()) t.true(Math.abs(score - (one[index] ?? NaN)) < 1e-5)
  isClean(t, ended)
})

onStandIn('missing components are reported, auto continues without them, and the process never ends', async t => {
  const own = emptyFolder(t)
  const model = join(own, 'model.safetensors')
  const wave = writeWave(join(own, 'tone.wav'), tone(0.5, 300, 8000), 8000)
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'] })).save(model)
  const driverAlone = join(own, 'driver')
  mkdirSync(driverAlone)
  symlinkSync(join(folder, 'libcuda.so.1'), join(driverAlone, 'libcuda.so.1'))
  const cases: readonly (readonly [RegExp, Settings, string?])[] = [
    [/supports CUDA 12\.8 only.*driver 580/, { DRIVER: 12080 }],
    [/no CUDA-capable device/, { FAIL: 'cuInit@1=100' }],
    [/detects no GPU/, { DEVICES: 0 }],
    [/compute 7\.5.*too old.*8\.0/, { CAPABILITY: '7.5' }],
    [/libcublas(Lt)?\.so\.13.*nvidia-cublas.*SAMPLECNN_CUDA_PATH/, {}, driverAlone],
    [/load our kernels/, { FAIL: 'cuModuleLoadData@1=209' }],
    [/wrong result/, { BROKEN: 'feed' }],
    [/out of memory/, { MEMORY: 16 }],
  ]
  for (const [expected, settings, where = folder] of cases) {
    const typed = ['tag', wave, '-m', model, '--json', '--device']
    const env = { VIRTUAL_ENV: '' }
    const asked = await samplecnnOn(where, [...typed, 'cuda'], settings, env)
    t.is(asked.status, 1, asked.stdout)
    const error = errorOf(asked.stdout) as { readonly code: string; readonly message: string }
    t.regex(error.code, /^ERR_CUDA_(UNAVAILABLE|OUT_OF_MEMORY)$/)
    t.regex(error.message, expected)
    isClean(t, asked)
    const auto = await samplecnnOn(where, [...typed, 'auto'], settings, env)
    t.is(auto.status, 0, auto.stderr)
    const warnings = recordsOf(auto.stdout).filter(({ type }) => type === 'warning')
    t.is(warnings.length, 1)
    t.is(warnings[0]?.['code'], 'cuda-unavailable')
    t.regex(String(warnings[0]?.message), expected)
    isClean(t, auto)
  }
})

onStandIn('each of two GPUs can be selected, and a third one is reported as missing', async t => {
  const { words } = small(t)
  for (const [device, status] of [
    ['cuda:1', 0],
    ['cuda:2', 1],
  ] as const) {
    const ended = await samplecnnOn(folder, [...changed(words, '--epochs', '1'), '--device', device], { DEVICES: 2 })
    t.is(ended.status, status, ended.stdout)
    isClean(t, ended)
    if (status !== 0) t.regex(JSON.stringify(errorOf(ended.stdout)), /no cuda:2.*2 GPU/)
  }
})

onStandIn('if memory runs out, the error names the batch size that fits, and the run can be resumed', async t => {
  const { words, run } = small(t)
  const typed = [...words, '--device', 'cuda']
  const large = await samplecnnOn(folder, changed(typed, '--batch-size', '2000'), { MEMORY: 200 })
  t.is(large.status, 1, large.stdout)
  const { code, message } = errorOf(large.stdout) as { readonly code: string; readonly message: string }
  t.is(code, 'ERR_CUDA_OUT_OF_MEMORY')
  const fits = /a batch size of (\d+) fits/.exec(message)?.[1] ?? ''
  t.true(Number(fits) > 24, message)
  isClean(t, large)
  const fitting = await samplecnnOn(folder, changed(changed(typed, '--batch-size', fits), '--epochs', '1'), {
    MEMORY: 200,
  })
  t.is(fitting.status, 0, fitting.stdout)
  isClean(t, fitting)

  const whole = await samplecnnOn(folder, typed)
  t.is(whole.status, 0)
  const expected = parameters(run)
  // The first step of the second epoch is replayed: the launch of a graph fails.
  const graphs = whole.report.calls.cuGraphLaunch ?? 0
  const ended = await samplecnnOn(folder, typed, { FAIL: `cuGraphLaunch@${graphs - 1}=2` })
  t.is(ended.status, 1, ended.stdout)
  t.like(errorOf(ended.stdout), { code: 'ERR_CUDA_OUT_OF_MEMORY' })
  t.regex(JSON.stringify(errorOf(ended.stdout)), /a batch size of \d+ fits/)
  isClean(t, ended)
  const resumed = words.map(word => (word === '--force' ? '--resume' : word))
  const again = await samplecnnOn(folder, [...resumed, '--device', 'cuda'])
  t.is(again.status, 0, again.stdout)
  t.is(parameters(run), expected)
})
