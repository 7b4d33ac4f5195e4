import test from 'ava'

// The scripts of bench/ have no types.
const script: string = '../bench/gpu/report.mjs'
const { section } = (await import(script)) as { section: (report: object) => string }

const kernels = [
  { name: 'multiply 128x150912x384 x3', count: 1, microseconds: 150, shareOfRoofline: 0.7 },
  { name: 'activate', count: 10, microseconds: 50, shareOfRoofline: 0.5 },
]
const step = {
  network: '3^9',
  batch: 23,
  milliseconds: 1.5,
  launches: 130,
  launchesMilliseconds: 1.25,
  floorMilliseconds: 1,
  gigabytes: 5.24,
  gigaflop: 238.2,
  kernels,
}
const report = {
  devices: { devices: ['cuda:0 NVIDIA H200'] },
  fixtures: { failed: [] },
  sanitize: { skipped: 'no compute-sanitizer', failed: [] },
  repeat: { failed: ['3^9 bf16: two runs differ'] },
  time: {
    precisions: [
      {
        precision: 'tf32',
        peak: { gigabytesPerSecond: 4300, teraflops: 400 },
        steps: [step],
        inference: { network: '3^9', segments: 1000, batch: 100, milliseconds: 40 },
      },
    ],
  },
  peers: {
    torch: '2.11.0',
    peers: [
      { network: '3^9', batch: 23, precision: 'tf32', variant: 'eager conv1d', milliseconds: 6 },
      { network: '3^9', batch: 23, precision: 'tf32', variant: 'compiled conv2d channels_last', milliseconds: 3 },
      { network: '3^9', batch: 23, precision: 'bf16', variant: 'eager conv1d', milliseconds: 1 },
      { network: '3^9', batch: 0, precision: 'tf32', variant: 'eager conv1d', milliseconds: 60 },
    ],
  },
}

test('a GPU report becomes a section that compares samplecnn with the fastest variant of the same precision', t => {
  const text = section(report)
  const row = (what: string) => text.split('\n').find(line => line.includes(`| ${what}`)) ?? ''
  t.regex(row('step of 23'), /tf32 +\| 1\.500 +\| 3\.00 +\| compiled conv2d channels_last +\| 2\.00 .* 80 %/)
  t.regex(row('1000 segments'), /tf32 +\| 40\.000 +\| 60\.00 +\| eager conv1d +\| 1\.50/)
  t.regex(text, /\| multiply 128x150912x384 x3 \| 1 +\| 150\.0 \| 70 %/)
  t.true(text.includes('- fixtures: passed'))
  t.true(text.includes('- repeat: 3^9 bf16: two runs differ'))
  t.true(text.includes('- sanitize: skipped (no compute-sanitizer)'))
})

test('the own kernels are compared with cuBLAS if both were timed', t => {
  const row = { network: '3^9', batch: 23, precision: 'bf16', gradientsApart: 0.0012 }
  const fused = { fused: [{ ...row, milliseconds: 0.8, cublasMilliseconds: 1.2 }], failed: [] }
  const text = section({ ...report, fused })
  t.true(text.includes('- fused: passed'))
  t.regex(text, /\| 3\^9 +\| 23 +\| bf16 +\| 0\.800 +\| 1\.200 +\| 1\.50 +\| 1\.2e-3 +\|/)
  const quick = { fused: [{ ...row, milliseconds: null }], failed: [] }
  t.false(section({ ...report, fused: quick }).includes('cuBLAS alone'))
})

test('an epoch is compared with the sum of its steps', t => {
  const row = {
    precision: 'bf16',
    form: 'resident',
    seconds: 5.302,
    stepMilliseconds: 0.8,
    stepAloneMilliseconds: 0.78,
  }
  const epoch = {
    network: '3^9',
    batch: 23,
    segments: 152_440,
    stepsMeasured: 600,
    epochs: [{ ...row, overSteps: 0.0256 }],
  }
  const text = section({ ...report, epoch })
  t.regex(text, /\| bf16 +\| on the GPU \| 5\.30 +\| 0\.800 +\| 0\.780 +\| 3 % +\|/)
  t.false(section(report).includes('An epoch of'))
})

test('a report of a machine without PyTorch leaves its columns empty', t => {
  const text = section({ ...report, peers: { skipped: 'python3 has no torch with CUDA' } })
  t.true(text.includes('PyTorch was not installed'))
  t.regex(text, /\| step of 23 +\| tf32 +\| 1\.500 +\| +\| +\| +\|/)
})
