/** Every command: its verb at once, what it does when it is asked for, so that `--help` waits for nothing else. */

import { commands } from '../../src/options/verbs.js'
import type { Verb } from '../../src/options/table.js'
import type { Command } from '../command.js'

/** The commands' verbs, in the order in which help lists them. */
export const verbs: readonly Verb[] = Object.values(commands)

const loaders: Readonly<Record<keyof typeof commands, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.js')).demo,
  prepare: async () => (await import('./prepare.js')).prepare,
  train: async () => (await import('./train.js')).train,
  evaluate: async () => (await import('./evaluate.js')).evaluate,
  tag: async () => (await import('./tag.js')).tag,
  experiment: async () => (await import('./experiment.js')).experiment,
  inspect: async () => (await import('./inspect.js')).inspect,
  import: async () => (await import('./import.js')).importModel,
  export: async () => (await import('./export.js')).exportModel,
  doctor: async () => (await import('./doctor.js')).doctor,
}

/** The command of a name, none where there is no such command. */
export async function command(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? await loaders[name as keyof typeof loaders]() : undefined
}
