// Random numbers that a seed repeats.

/** A generator (mulberry32) of numbers from 0 to below 1, and of whole numbers from 0 to below `count`. */
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
