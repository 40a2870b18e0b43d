// Compiled things by key, the least recently used ones released: shapes of a curriculum come and go, native memory must not pile up.

export interface Releasable {
  release(): void;
}

export class CompiledCache<T extends Releasable> {
  readonly #capacity: number;
  /** In order of last use. */
  readonly #entries = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string, compile: () => T): T {
    const entry = this.#entries.get(key) ?? compile();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const [oldest, old] of this.#entries) {
      if (this.#entries.size <= this.#capacity) break;
      old.release();
      this.#entries.delete(oldest);
    }
    return entry;
  }

  release(): void {
    for (const entry of this.#entries.values()) entry.release();
    this.#entries.clear();
  }
}
