/** Seeded randomness: the same seed gives the same numbers, on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A number in [from, to). */
  between(from: number, to: number): number
  /** A whole number in [from, to]. */
  int(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** An independent source: who draws more in one place does not change what others draw. */
  fork(): Random
  bytes(count: number): Uint8Array
  /** A short text of base64url characters. */
  text(length: number): string
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Mulberry32 (public domain): small, fast, and good enough to choose faults with. */
export function createRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    int,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    pick: <T>(from: readonly T[]) => from[int(0, from.length - 1)] as T,
    fork: () => createRandom(int(0, 0xffffffff)),
    bytes: (count) => Uint8Array.from({ length: count }, () => int(0, 255)),
    text: (length) => Array.from({ length }, () => alphabet[int(0, 63)]).join(''),
  }
}
