/** Names, tags and messages as a terminal prints them, whatever they hold. */

/** Control characters but the newline, and those that turn the direction of writing. */
const MISLEADING = /(?!\n)[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu

/** `text` with `\u001b` and its like written out, so that a terminal shows them and does not obey. Newlines stay. */
export function visible(text: string): string {
  return text.replace(MISLEADING, character => {
    const code = character.codePointAt(0) ?? 0
    return code === 9 ? String.raw`\t` : code === 13 ? String.raw`\r` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** As `visible`, for what must stay in its line: newlines are written out too. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', String.raw`\n`)
}
