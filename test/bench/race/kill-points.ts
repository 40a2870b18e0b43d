// When the coordinator is killed: numbers of done cells drawn as the other systems of the race had them, which is Python's
// random.Random(seed).randint. So a seed means the same race for everybody.

const N = 624;
const M = 397;

/** Mersenne Twister 19937, seeded as Python seeds it with one 32-bit integer. */
class PythonRandom {
  readonly #state = new Uint32Array(N);
  #next = N;

  constructor(seed: number) {
    const mt = this.#state;
    mt[0] = 19_650_218;
    for (let i = 1; i < N; i++) mt[i] = Math.imul(this.#mixed(i - 1), 1_812_433_253) + i;
    let i = 1;
    for (let k = N; k > 0; k--) {
      mt[i] = (this.#at(i) ^ Math.imul(this.#mixed(i - 1), 1_664_525)) + seed;
      i = this.#wrap(i + 1);
    }
    for (let k = N - 1; k > 0; k--) {
      mt[i] = (this.#at(i) ^ Math.imul(this.#mixed(i - 1), 1_566_083_941)) - i;
      i = this.#wrap(i + 1);
    }
    mt[0] = 0x8000_0000;
  }

  /** Uniform in [from, to]. */
  integer(from: number, to: number): number {
    const width = to - from + 1;
    const bits = 32 - Math.clz32(width);
    for (;;) {
      const drawn = this.#word() >>> (32 - bits);
      if (drawn < width) return from + drawn;
    }
  }

  #word(): number {
    if (this.#next === N) this.#twist();
    let y = this.#at(this.#next++);
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    for (let i = 0; i < N; i++) {
      const y = (this.#at(i) & 0x8000_0000) | (this.#at((i + 1) % N) & 0x7fff_ffff);
      this.#state[i] = this.#at((i + M) % N) ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908_b0df);
    }
    this.#next = 0;
  }

  #at(i: number): number {
    return this.#state[i] ?? 0;
  }

  #mixed(i: number): number {
    return this.#at(i) ^ (this.#at(i) >>> 30);
  }

  /** After the last word the first one is a copy of it. */
  #wrap(i: number): number {
    if (i < N) return i;
    this.#state[0] = this.#at(N - 1);
    return 1;
  }
}

/** Ascending; each at least 5 % of the cells from both ends, as 20..379 of 400. */
export function killPoints(kills: number, seed: number, cells: number): readonly number[] {
  const random = new PythonRandom(seed);
  const margin = Math.round(cells / 20);
  return Array.from({ length: kills }, () => random.integer(margin, cells - margin - 1)).sort((a, b) => a - b);
}
