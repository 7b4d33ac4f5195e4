/** Formats numbers and tables for people. */

const two = (value: number): string => String(value).padStart(2, '0')

/** Seconds as `1:35`, hours as `2:05:07`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** A metric with four decimals; `-` if it is null. */
export function metric(value: number | null): string {
  return value === null ? '-' : value.toFixed(4)
}

/** The ends of an interval with three decimals, `0.790 to 0.834`; `-` if it is null. */
export function between(interval: readonly [number, number] | null): string {
  return interval === null ? '-' : `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`
}

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A small learning rate or loss without trailing zeros. */
export function compact(value: number): string {
  return String(Number(value.toPrecision(4)))
}

/** Rows as a text table. The first row is the head; the columns in `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = rows
  return [line(head), widths.map(width => '-'.repeat(width)).join('  '), ...body.map(line)]
}
