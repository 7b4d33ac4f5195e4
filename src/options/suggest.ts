/** The name in `names` that is most similar to `word`, if any is similar enough. */
export function suggest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const steps = distance(word.toLowerCase(), name.toLowerCase())
    if (steps < least) {
      best = name
      least = steps
    }
  }
  return best
}

/**
 * The edit distance: the number of letters that must be inserted, deleted, replaced or swapped with their neighbour to
 * turn `a` into `b`.
 */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const now = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let steps = Math.min(last[column]! + 1, now[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        steps = Math.min(steps, beforeLast[column - 2]! + 1)
      }
      now.push(steps)
    }
    beforeLast = last
    last = now
  }
  return last[b.length]!
}
