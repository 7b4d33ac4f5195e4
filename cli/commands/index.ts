/** All commands. Their option tables are loaded at once, their implementations on demand, so that `--help` is fast. */

import { commands } from '../../src/options/verbs.js'
import type { Verb } from '../../src/options/table.js'
import type { Command } from '../command.js'

/** The option tables of the commands, in the order of the help. */
export const verbs: readonly Verb[] = Object.values(commands)

const loaders: Readonly<Record<keyof typeof commands, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.js')).demo,
  dataset: async () => (await import('./dataset.js')).dataset,
  prepare: async () => (await import('./prepare.js')).prepare,
  cache: async () => (await import('./cache.js')).cache,
  distill: async () => (await import('./distill.js')).distill,
  train: async () => (await import('./train.js')).train,
  evaluate: async () => (await import('./evaluate.js')).evaluate,
  compare: async () => (await import('./compare.js')).compare,
  learn: async () => (await import('./learn.js')).learn,
  tag: async () => (await import('./tag.js')).tag,
  embed: async () => (await import('./embed.js')).embed,
  probe: async () => (await import('./probe.js')).probe,
  experiment: async () => (await import('./experiment.js')).experiment,
  visualize: async () => (await import('./visualize.js')).visualize,
  inspect: async () => (await import('./inspect.js')).inspect,
  import: async () => (await import('./import.js')).importModel,
  export: async () => (await import('./export.js')).exportModel,
  doctor: async () => (await import('./doctor.js')).doctor,
}

/** The command with this name, or `undefined` if no command has this name. */
export async function command(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? await loaders[name as keyof typeof loaders]() : undefined
}
