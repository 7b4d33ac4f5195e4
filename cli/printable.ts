/** Escapes names and tags, so that a terminal prints them and does not interpret control characters in them. */

/** Control characters and those that change the writing direction; the same as in crates/error/src/shown.rs. */
const MISLEADING = /[\p{Cc}\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

/** `text` as one line without control characters: they are escaped as `\n`, `\t`, `\u{1b}`. */
export function printable(text: string): string {
  return text.replaceAll(
    MISLEADING,
    character => SHORT[character] ?? String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
