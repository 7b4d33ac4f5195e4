import { readFileSync } from 'node:fs'

/** What a shared library of Linux (64-bit, little-endian) requires from the loader. */
export interface Wanted {
  /** Required libraries, such as `libc.so.6`. */
  readonly libraries: readonly string[]
  /** Symbols that other libraries must define. */
  readonly symbols: readonly string[]
}

const DYNAMIC = 6
const DYNAMIC_SYMBOLS = 11
const NEEDED = 1n

/** Reads the dynamic section and symbol table of `file`. */
export function wanted(file: string): Wanted {
  const bytes = readFileSync(file)
  const offset = (at: number): number => Number(bytes.readBigUInt64LE(at))
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, index) => {
    const at = offset(0x28) + index * bytes.readUInt16LE(0x3a)
    return {
      type: bytes.readUInt32LE(at + 4),
      start: offset(at + 24),
      size: offset(at + 32),
      link: bytes.readUInt32LE(at + 40),
    }
  })
  const entries = (type: number, size: number): { at: number; text: (index: number) => string }[] => {
    const section = sections.find(one => one.type === type)
    const strings = section && sections[section.link]
    if (section === undefined || strings === undefined) throw new Error(`${file} has no section of type ${type}`)
    const text = (index: number): string => {
      const from = strings.start + index
      return bytes.toString('latin1', from, bytes.indexOf(0, from))
    }
    return Array.from({ length: section.size / size }, (_, index) => ({ at: section.start + index * size, text }))
  }
  const libraries = entries(DYNAMIC, 16)
    .filter(({ at }) => bytes.readBigInt64LE(at) === NEEDED)
    .map(({ at, text }) => text(offset(at + 8)))
  const symbols = entries(DYNAMIC_SYMBOLS, 24)
    .filter(({ at }) => bytes.readUInt16LE(at + 6) === 0)
    .map(({ at, text }) => text(bytes.readUInt32LE(at)))
  return { libraries, symbols: symbols.filter(name => name !== '') }
}
