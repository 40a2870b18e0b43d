// Random numbers as pure functions of their key: a stream is named by a label and integers (seed, step, index), so that data order and
// draws never depend on how a run was cut. xoshiro128** (Blackman and Vigna 2018) seeded by a SplitMix-style mix of the key.

/** Bump when a change here would change numbers; part of the data hashes. */
export const DRAWS_VERSION = 1;

export interface Draws {
  /** Uniform integer in [0, 2^32). */
  readonly word: () => number;
  /** Uniform in [0, 1), 32 bits. */
  readonly uniform: () => number;
  /** Uniform integer in [0, bound); bound in 1..2^32. */
  readonly below: (bound: number) => number;
  /** Standard normal (Box and Muller). */
  readonly normal: () => number;
}

function mix(state: number, value: number): number {
  let h = Math.imul(state ^ value, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const rotateLeft = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** 32-bit hash of a label and non-negative integers below 2^53. */
export function keyedHash(salt: number, label: string, keys: readonly number[]): number {
  let h = mix(salt, label.length);
  for (let i = 0; i < label.length; i++) h = mix(h, label.charCodeAt(i));
  for (const key of keys) {
    h = mix(h, key >>> 0);
    h = mix(h + 0x6d2b79f5, Math.floor(key / 2 ** 32));
  }
  return h;
}

/** The stream of (label, keys): equal arguments give equal numbers on every machine. */
export function draws(label: string, ...keys: readonly number[]): Draws {
  let s0 = keyedHash(0x243f6a88, label, keys);
  let s1 = keyedHash(0x85a308d3, label, keys);
  let s2 = keyedHash(0x13198a2e, label, keys);
  // the all-zero state is the generator's only forbidden one
  let s3 = keyedHash(0x03707344, label, keys) | 1;

  const word = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  const uniform = (): number => word() / 2 ** 32;
  const below = (bound: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = word();
    while (value >= limit) value = word();
    return value % bound;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { word, uniform, below, normal };
}

/** A random order of 0..size-1 (Fisher and Yates). */
export function permutation(size: number, source: Draws): Uint32Array {
  const order = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const j = source.below(i + 1);
    order[i] = order[j] ?? 0;
    order[j] = i;
  }
  return order;
}
