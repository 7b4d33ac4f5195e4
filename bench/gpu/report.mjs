// Puts what scripts/gpu-check found on a machine with a GPU into docs/performance.md: `node bench/gpu/report.mjs REPORT.json`.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { table, writeSection } from '../cpu/report.mjs'

const fixed = digits => value => (Number.isFinite(value) ? value.toFixed(digits) : '')
const [none, one, two, three] = [0, 1, 2, 3].map(fixed)
const percent = value => `${none(value * 100)} %`

/** Milliseconds of PyTorch's fastest variant of a case in a precision, and its name; undefined where it was not measured. */
function best(peers, network, batch, precision) {
  const of = peers.filter(peer => peer.network === network && peer.batch === batch && peer.precision === precision)
  return of.sort((a, b) => a.milliseconds - b.milliseconds)[0]
}

/** One row for every case: ours, the fastest variant of PyTorch, and how much of the roofline a step reaches. */
function cases(precisions, peers) {
  const rows = []
  for (const { precision, steps, inference } of precisions) {
    const add = (network, batch, what, ours, more) => {
      const peer = best(peers, network, batch, precision)
      const theirs = peer ? [two(peer.milliseconds), peer.variant, two(peer.milliseconds / ours)] : ['', '', '']
      rows.push([network, what, precision, three(ours), ...theirs, ...more])
    }
    for (const step of steps) {
      const share = step.floorMilliseconds / step.launchesMilliseconds
      const more = [three(step.launchesMilliseconds), three(step.floorMilliseconds), percent(share)]
      add(step.network, step.batch, `step of ${step.batch}`, step.milliseconds, more)
    }
    if (inference) add(inference.network, 0, `${inference.segments} segments`, inference.milliseconds, ['', '', ''])
  }
  return rows
}

/** The kernels that take longest in the step of 3^9 at batch 23. */
function kernels(precision) {
  const step = precision.steps.find(step => step.network === '3^9' && step.batch === 23)
  if (!step) return ''
  const rows = step.kernels
    .slice(0, 20)
    .map(kernel => [kernel.name, kernel.count, one(kernel.microseconds), percent(kernel.shareOfRoofline)])
  const { peak } = precision
  return [
    `### Kernels of a step of 3^9, batch 23, ${precision.precision}`,
    `${step.launches} launches, ${two(step.gigabytes)} GB, ${one(step.gigaflop)} GFLOP. Reached in the same run at most: ` +
      `${none(peak.gigabytesPerSecond)} GB/s (a copy), ${one(peak.teraflops)} TFLOP/s (a product of 8192 x 8192 x 8192).`,
    table(['kernel', 'launches', 'us', 'of roofline'], rows),
  ].join('\n\n')
}

/** Steps by our own kernels with tensor cores, and with cuBLAS's products alone. */
function fused(report) {
  const timed = report?.fused?.filter(row => row.milliseconds) ?? []
  if (!timed.length) return ''
  const rows = timed.map(row => [
    row.network,
    row.batch,
    row.precision,
    three(row.milliseconds),
    three(row.cublasMilliseconds),
    two(row.cublasMilliseconds / row.milliseconds),
    row.gradientsApart.toExponential(1),
  ])
  const head = [
    'network',
    'batch',
    'precision',
    'own ms',
    'cuBLAS ms',
    'cuBLAS time / own time',
    'difference of gradients',
  ]
  return ["### Steps with samplecnn's own kernels, and with cuBLAS alone", table(head, rows)].join('\n\n')
}

/** Where the audio of an epoch comes from. */
const FORMS = { resident: 'on the GPU', pcm: 'copied, 16 bits', samples: 'copied, f32' }

/** Epochs as long as MagnaTagATune's, by precision and where their audio is. */
function epochs(report) {
  if (!report?.epochs?.length) return ''
  const { network, batch, segments, stepsMeasured } = report
  const rows = report.epochs.map(({ precision, form, seconds, stepMilliseconds, stepAloneMilliseconds, overSteps }) => [
    precision,
    FORMS[form] ?? form,
    two(seconds),
    three(stepMilliseconds),
    three(stepAloneMilliseconds),
    percent(overSteps),
  ])
  return [
    `### An epoch of ${network}: ${segments} segments in batches of ${batch}`,
    `${stepsMeasured} steps measured, and multiplied (\`crates/engine/tests/gpu/epoch.rs\`). A step alone repeats one batch of held audio ` +
      'without a pause.',
    table(['precision', 'audio', 'seconds', 'step ms', 'alone ms', 'longer by'], rows),
  ].join('\n\n')
}

/** The section of docs/performance.md. */
export function section(report) {
  const precisions = report.time?.precisions ?? []
  const peers = report.peers?.peers ?? []
  const devices = report.devices?.devices ?? []
  const peer = report.peers?.torch ? `PyTorch ${report.peers.torch}` : 'PyTorch was not there'
  const checks = ['fixtures', 'fused', 'repeat', 'parity', 'demo', 'sanitize']
    .filter(name => report[name])
    .map(name => {
      const { failed = [], skipped } = report[name]
      return `${name}: ${skipped ? `skipped (${skipped})` : failed.length === 0 ? 'passed' : failed.join('; ')}`
    })
  const head = [
    'network',
    'what',
    'precision',
    'ours ms',
    'PyTorch ms',
    'its fastest variant',
    'time relative to ours',
    'kernels ms',
    'floor ms',
    'of roofline',
  ]
  return [
    '## On a GPU',
    '    scripts/gpu-check pack && scripts/gpu-check run && node bench/gpu/report.mjs .gpu-check/results/report.json',
    `${devices.join('; ')}; ${peer}. Medians, with the batch's upload and the loss's download. The floor is the sum over the kernels of ` +
      'the larger of bytes and operations, each over what the GPU reached in the same run.',
    checks.map(line => `- ${line}`).join('\n'),
    table(head, cases(precisions, peers)),
    fused(report.fused),
    epochs(report.epoch),
    ...precisions.map(kernels),
  ]
    .filter(Boolean)
    .join('\n\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2]
  if (!file) {
    console.error('report: name the JSON report of scripts/gpu-check: node bench/gpu/report.mjs REPORT.json')
    process.exit(2)
  }
  const performance = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
  writeSection(performance, 'gpu', section(JSON.parse(readFileSync(file, 'utf8'))))
}
