// Writes the report of scripts/gpu-check on a machine with a GPU into docs/performance.md:
// `node bench/gpu/report.mjs REPORT.json`.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { table, writeSection } from '../cpu/report.mjs'

const fixed = digits => value => (Number.isFinite(value) ? value.toFixed(digits) : '')
const [none, one, two, three] = [0, 1, 2, 3].map(fixed)
const percent = value => `${none(value * 100)} %`

/** Milliseconds and name of PyTorch's fastest variant of a case in a precision; undefined if it was not measured. */
function best(peers, network, batch, precision) {
  const of = peers.filter(peer => peer.network === network && peer.batch === batch && peer.precision === precision)
  return of.sort((a, b) => a.milliseconds - b.milliseconds)[0]
}

/** One row per case: samplecnn, the fastest variant of PyTorch, and the share of the roofline that a step reaches. */
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

/** The slowest kernels in the step of 3^9 at batch 23. */
function kernels(precision) {
  const step = precision.steps.find(step => step.network === '3^9' && step.batch === 23)
  if (!step) return ''
  const rows = step.kernels
    .slice(0, 20)
    .map(kernel => [kernel.name, kernel.count, one(kernel.microseconds), percent(kernel.shareOfRoofline)])
  const { peak } = precision
  return [
    `### Kernels of a step of 3^9, batch 23, ${precision.precision}`,
    `${step.launches} launches, ${two(step.gigabytes)} GB, ${one(step.gigaflop)} GFLOP. ` +
      `Highest values reached in the same run: ${none(peak.gigabytesPerSecond)} GB/s (a copy), ` +
      `${one(peak.teraflops)} TFLOP/s (a product of 8192 x 8192 x 8192).`,
    table(['kernel', 'launches', 'us', 'of roofline'], rows),
  ].join('\n\n')
}

/** Steps with samplecnn's own tensor-core kernels, and with cuBLAS alone. */
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

/** The source of the audio of an epoch. */
const FORMS = { resident: 'on the GPU', pcm: 'copied, 16 bits', samples: 'copied, f32' }

/** Epochs as long as those of MagnaTagATune, by precision and source of the audio. */
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
    `${stepsMeasured} steps were measured, and the time was extrapolated (\`crates/engine/tests/gpu/epoch.rs\`). ` +
      'The step alone repeats one batch of audio on the GPU ' +
      'without a pause.',
    table(['precision', 'audio', 'seconds', 'step ms', 'alone ms', 'longer by'], rows),
  ].join('\n\n')
}

/** The section of docs/performance.md. */
export function section(report) {
  const precisions = report.time?.precisions ?? []
  const peers = report.peers?.peers ?? []
  const devices = report.devices?.devices ?? []
  const peer = report.peers?.torch ? `PyTorch ${report.peers.torch}` : 'PyTorch was not installed'
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
    `${devices.join('; ')}; ${peer}. Medians, with the upload of the batch and the download of the loss. ` +
      'The floor is the sum over the kernels of ' +
      'the larger of the times for bytes and for operations, at the rates that the GPU reached in the same run.',
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
    console.error(
      'report: give the path of the JSON report of scripts/gpu-check: node bench/gpu/report.mjs REPORT.json',
    )
    process.exit(2)
  }
  const performance = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
  writeSection(performance, 'gpu', section(JSON.parse(readFileSync(file, 'utf8'))))
}
