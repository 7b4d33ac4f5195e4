// Random numbers that depend only on a seed.

/** A generator (mulberry32): `next()` returns a number in [0, 1), `below(count)` a whole number in [0, count). */
export function random(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: count => Math.floor(next() * count) }
}
