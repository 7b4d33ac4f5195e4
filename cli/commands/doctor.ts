import { doctor as work } from '../../src/doctor.js'
import { doctor as verb } from '../../src/options/doctor.js'
import { precision } from '../../src/options/recurring.js'
import type { Diagnosis } from '../../src/records/index.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'

/** The default model: what it is, and whether it can be used. */
function modelLines({ package: name, version, licence, file, sha256, stated, problem }: Diagnosis['model']): string[] {
  if (version === null && file === null) return [`model      ${problem ?? name}`]
  const hash =
    sha256 === stated ? `${sha256 ?? ''}, as the package states` : `${sha256 ?? 'no file'}, NOT the stated one`
  return [
    `model      ${name} ${version ?? 'without a version'}, licence ${licence ?? 'not stated'}`,
    `           ${file ?? 'no file'}`,
    `           SHA-256 ${hash}`,
    ...(problem === null ? [] : [`           ${problem}`]),
  ]
}

/** `samplecnn doctor`. */
export const doctor: Command = {
  verb,
  operands: [0, 0],
  async run({ output }) {
    const found = work()
    output.record(found)
    const { cpu, cuda } = found
    const gpu = cuda.available ? cuda.devices.join(', ') : `none: ${cuda.reason ?? 'no reason given'}`
    output.text(`samplecnn  ${found.version}`)
    output.text(`node       ${found.node}`)
    output.text(`platform   ${found.platform}${found.libc === null ? '' : `, ${found.libc}`}`)
    output.text(`processor  ${cpu.level}, ${cpu.threads} threads (${cpu.features.join(' ')})`)
    output.text(`cuda       ${gpu}`)
    for (const name of precision.choices ?? []) {
      const onCpu = cpu.precisions[name as keyof typeof cpu.precisions]
      const onGpu = cuda.precisions[name as keyof typeof cuda.precisions]
      const where = [onCpu && `cpu: ${onCpu}`, onGpu && `cuda: ${cuda.available ? onGpu : 'no GPU to use'}`]
      output.text(`${name.padEnd(10)} ${where.filter(Boolean).join('; ')}`)
    }
    output.text(`decoders   ${found.decoders.join(', ')}`)
    for (const line of modelLines(found.model)) output.text(line)
    return EXIT.ok
  },
}
