import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { demo, doctor, evaluate, Model, tag, train, type TagEvent } from '../index.js'
import { execute } from './support/child.js'
import { wanted } from './support/elf.js'
import { emptyFolder } from './support/folder.js'
import { samplecnn } from './support/samplecnn.js'
import { tone, writeWave } from './support/wave.js'

const { cuda } = doctor()
const addons = readdirSync('.').filter(name => /^samplecnn\.linux-.+\.node$/.test(name))
const linux = addons.length > 0 ? test : test.skip
const withoutGpu = cuda.available ? test.skip : test

linux('the addon does not require CUDA libraries from the loader', t => {
  for (const addon of addons) {
    const { libraries, symbols } = wanted(addon)
    t.true(libraries.some(name => name.startsWith('libc.')))
    t.deepEqual(
      libraries.filter(name => /cuda|cublas|curand|nv/i.test(name)),
      [],
    )
    t.true(symbols.includes('napi_create_reference') || symbols.some(name => name.startsWith('napi_')))
    t.deepEqual(
      symbols.filter(name => /^(cu[A-Z]|cuda|cublas|curand|nvrtc)/.test(name)),
      [],
    )
    t.true(statSync(addon).size < 60 * 2 ** 20)
  }
})

linux('the addon loads if every symbol is bound immediately', async t => {
  const load = "process.stdout.write(typeof require('./native.cjs').doctor)"
  const { status, stdout, stderr } = await execute(process.execPath, ['-e', load], {
    env: { ...process.env, LD_BIND_NOW: '1', NODE_OPTIONS: '' },
  })
  t.is(status, 0, stderr)
  t.is(stdout, 'function')
})

withoutGpu('without a GPU, auto is the CPU, and cuda is an error that names what is missing', async t => {
  t.is(cuda.code, 'ERR_CUDA_UNAVAILABLE')
  t.regex(cuda.reason ?? '', cuda.compiled ? /driver|GPU|cuBLAS/ : /no CUDA support/)
  t.deepEqual(cuda.devices, [])
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'] })).save(model)
  const wave = writeWave(join(folder, 'tone.wav'), tone(0.5, 300, 8000), 8000)
  for await (const clip of tag([wave], { model, device: 'auto' })) t.is(clip.type, 'result')
  for (const device of ['cuda', 'cuda:1'] as const) {
    const job = async (): Promise<void> => {
      for await (const clip of tag([wave], { model, device })) t.fail(`${clip.type} on ${device}`)
    }
    const error = await t.throwsAsync(job)
    t.like(error, { code: 'ERR_CUDA_UNAVAILABLE' })
    t.is(error?.message, cuda.reason ?? 'a reason')
  }
})

withoutGpu('with auto, a build with CUDA reports once why the CPU is used', async t => {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'] })).save(model)
  const wave = writeWave(join(folder, 'tone.wav'), tone(0.5, 300, 8000), 8000)
  const other = writeWave(join(folder, 'other.wav'), tone(0.5, 500, 8000), 8000)
  for (const [device, expected] of [
    ['auto', cuda.compiled ? 1 : 0],
    ['cpu', 0],
  ] as const) {
    const notices: string[] = []
    const onEvent = (event: TagEvent): unknown => event.type === 'warning' && notices.push(event.message)
    for await (const clip of tag([wave, other], { model, device, onEvent })) t.is(clip.type, 'result')
    t.is(notices.length, expected, device)
    for (const notice of notices) t.true(notice.includes(cuda.reason ?? 'a reason'))
    const typed = ['tag', wave, '-m', model, '--device', device]
    const { stderr } = await samplecnn(typed)
    t.is(stderr.split('\n').filter(line => line.includes('auto uses the CPU')).length, expected)
  }
})

withoutGpu('a precision for GPUs reports what it needs, in every call that uses the engine', async t => {
  const folder = emptyFolder(t)
  const model = join(folder, 'model.safetensors')
  await (await Model.create({ architecture: '3^4@8000', tags: ['a', 'b'] })).save(model)
  const wave = writeWave(join(folder, 'tone.wav'), tone(0.5, 300, 8000), 8000)
  const data = { kind: 'manifest', path: join(folder, 'none.csv') } as const
  for (const precision of ['tf32', 'bf16'] as const) {
    for (const [device, code, advice] of [
      ['cpu', 'ERR_INVALID_OPTION', /f32(?: or bf16)?, or device cuda/],
      ['auto', 'ERR_CUDA_UNAVAILABLE', /needs an NVIDIA GPU/],
      ['cuda', 'ERR_CUDA_UNAVAILABLE', /./],
    ] as const) {
      const ways = [
        async () => {
          for await (const clip of tag([wave], { model, device, precision })) t.fail(clip.type)
        },
        async () => void (await (await Model.load(model, { device, precision })).tag(new Float32Array(8000).fill(0.1))),
        async () => void (await evaluate({ model, dataset: data, device, precision })),
      ]
      // A processor with AVX-512 BF16 trains in bf16.
      if (precision !== 'bf16' || device === 'cuda') {
        ways.push(
          async () => void (await train({ dataset: data, out: join(folder, 'run'), device, precision })),
          async () => void (await demo({ out: join(folder, 'demo'), clips: 20, device, precision })),
        )
      }
      for (const way of ways) {
        const error = await t.throwsAsync(way)
        t.like(error, { code }, error?.message)
        t.regex(error?.message ?? '', advice)
      }
    }
  }
})
