/** Texts for people, on a terminal that would obey what names and tags may hold. */

/** Control characters, and those that turn the direction of writing: crates/error/src/shown.rs has the same ones. */
const MISLEADING = /[\p{Cc}\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

/** `text` in one line that a terminal prints and does not obey: control characters stand as `\n`, `\t`, `\u{1b}`. */
export function printable(text: string): string {
  return text.replaceAll(
    MISLEADING,
    character => SHORT[character] ?? String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
