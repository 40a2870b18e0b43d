// The arrays a graph reads, filled row by row; what is never set is padding. Names are those of the graph's inputs.

/** [count, length] of token ids, rows and their ends padded with token 0. */
export function padRows(rows: readonly (readonly number[])[], count: number, length: number): BigInt64Array {
  const padded = new BigInt64Array(count * length);
  rows.forEach((row, b) => {
    row.forEach((token, i) => {
      padded[b * length + i] = BigInt(token);
    });
  });
  return padded;
}

/** Site, order and limit of rows (rows.ts); rows never set are padding. */
export class RowArrays {
  readonly #site: BigInt64Array;
  readonly #order: BigInt64Array;
  readonly #limit: BigInt64Array;

  constructor(count: number) {
    this.#site = new BigInt64Array(count).fill(-1n);
    this.#order = new BigInt64Array(count);
    this.#limit = new BigInt64Array(count);
  }

  set(index: number, site: number, order: number, limit: number): void {
    this.#site[index] = BigInt(site);
    this.#order[index] = BigInt(order);
    this.#limit[index] = BigInt(limit);
  }

  arrays(name: string): [string, BigInt64Array][] {
    return [
      [`${name}.site`, this.#site],
      [`${name}.order`, this.#order],
      [`${name}.limit`, this.#limit],
    ];
  }
}

/** Which hidden rows predict which targets, in the order added. */
export class Scores {
  readonly #forward: BigInt64Array;
  readonly #backward: BigInt64Array;
  readonly #targets: BigInt64Array;
  readonly #weights: Float32Array;
  readonly #weight: number;
  #count = 0;

  /** @param hiddenRows rows among which the scored ones are found */
  constructor(size: number, hiddenRows: number, totalTargets: number) {
    this.#forward = new BigInt64Array(size);
    this.#backward = new BigInt64Array(hiddenRows).fill(BigInt(size));
    this.#targets = new BigInt64Array(size);
    this.#weights = new Float32Array(size);
    this.#weight = 1 / totalTargets;
  }

  add(hiddenRow: number, target: number): void {
    const index = this.#count++;
    this.#forward[index] = BigInt(hiddenRow);
    this.#backward[hiddenRow] = BigInt(index);
    this.#targets[index] = BigInt(target);
    this.#weights[index] = this.#weight;
  }

  arrays(name = 'scored'): [string, Float32Array | BigInt64Array][] {
    return [
      [`${name}.forward`, this.#forward],
      [`${name}.backward`, this.#backward],
      [`${name}.targets`, this.#targets],
      [`${name}.weights`, this.#weights],
    ];
  }
}
