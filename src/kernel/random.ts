/** Seeded random numbers. Same seed and labels, same numbers, on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, bound). */
  below(bound: number): number
  /** An independent stream: `random.fork('vu-7')` gives each user its own. */
  fork(label: string): Random
}

/** FNV-1a, 32 bit: text → unsigned integer. */
const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i)
    h = Math.imul(h, 0x01000193)
  }
  return h >>> 0
}

/** The mulberry32 generator (public domain, Tommy Ettinger), seeded by an unsigned 32-bit integer. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    fork: (label) => seededRandom(hash(`${seed}/${label}`)),
  }
}
