import { doctor as work } from '../../src/doctor.js'
import { doctor as verb } from '../../src/options/doctor.js'
import type { Command } from '../command.js'
import { EXIT } from '../exit.js'

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
    for (const [precision, instructions] of Object.entries(cpu.precisions)) {
      output.text(`${precision.padEnd(10)} ${instructions}`)
    }
    output.text(`cuda       ${gpu}`)
    output.text(`decoders   ${found.decoders.join(', ')}`)
    return EXIT.ok
  },
}
