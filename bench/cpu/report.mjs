// Formats tables in Markdown, and writes them into sections of docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs'

/** A table with aligned columns, as prettier prints it. */
export function table(head, rows) {
  const cells = [head, ...rows].map(row => row.map(String))
  const widths = head.map((_, column) => Math.max(3, ...cells.map(row => row[column]?.length ?? 0)))
  const line = row => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  return [
    line(cells[0]),
    `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`,
    ...cells.slice(1).map(line),
  ].join('\n')
}

/** Writes `text` between the marks of a section; a section that does not exist is added at the end of the file. */
export function writeSection(file, name, text) {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- end: ${name} -->`]
  const old = readFileSync(file, 'utf8')
  const section = `${begin}\n\n${text.trim()}\n\n${end}`
  const [from, to] = [old.indexOf(begin), old.indexOf(end)]
  const next = from < 0 ? `${old.trimEnd()}\n\n${section}\n` : old.slice(0, from) + section + old.slice(to + end.length)
  writeFileSync(file, next)
}
