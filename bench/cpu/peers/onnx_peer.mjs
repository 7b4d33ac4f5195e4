// onnxruntime-node for the benchmark, on the ONNX export of samplecnn. Installed by bench/setup into bench/.peers.
import { createRequire } from 'node:module'
import { answer, given, noise } from './requests.mjs'

const require = createRequire(new URL('../../.peers/package.json', import.meta.url))
const { InferenceSession, Tensor } = require('onnxruntime-node')
const { file, batch, threads } = given()
const session = await InferenceSession.create(file, {
  intraOpNumThreads: threads,
  logSeverityLevel: 3,
  extra: { session: { force_spinning_stop: '1' } },
})
const length = session.inputMetadata?.[0]?.shape?.at(-1) ?? 59_049
const waveform = new Tensor('float32', noise(batch * length), [batch, length])
await answer(() => session.run({ waveform }, ['logits']))
