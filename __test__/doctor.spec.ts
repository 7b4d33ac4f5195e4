import test from 'ava'

import { doctor, version } from '../index.js'

test('doctor reports what a bug report needs', t => {
  const report = doctor()
  t.is(report.type, 'doctor')
  t.is(report.version, version)
  t.is(report.node, process.version)
  t.is(report.platform, `${process.platform}-${process.arch}`)
  if (process.platform === 'linux') t.regex(report.libc ?? '', /^(glibc [\d.]+|musl)$/)
  t.true(report.cpu.threads >= 1)
  t.true(report.cpu.level.length > 0)
  t.deepEqual(Object.keys(report.cpu.precisions).sort(), ['bf16', 'f32', 'fixed14', 'int8'])
  t.deepEqual(Object.keys(report.cuda.precisions).sort(), ['bf16', 'f32', 'tf32'])
  const { bf16, ...always } = report.cpu.precisions
  for (const instructions of Object.values(always)) t.true(instructions.length > 0)
  t.is(bf16 !== null, report.cpu.level === 'avx512' && report.cpu.features.includes('avx512bf16'))
  t.true(report.decoders.includes('mp3'))
  t.true(report.cuda.available || report.cuda.code === 'ERR_CUDA_UNAVAILABLE')
  t.is(report.model.package, 'samplecnn-model')
  t.is(report.model.usable, report.model.problem === null)
  t.is(report.model.usable, report.model.sha256 !== null && report.model.sha256 === report.model.stated)
  t.true(report.cuda.available || (report.cuda.reason?.length ?? 0) > 0)
})
