// Numbers of attempts that were told in full, so that a late call does not run one again. The latest of so many phases: a call is late by the
// deadline of a stream at most, and Postgres refuses whatever an older one would record.

const KEPT = 10_000;

export class SettledAttempts {
  readonly #numbers = new Map<string, number>();
  readonly #kept: number;

  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  /** @returns 0 when none is known */
  newest(phaseKey: string): number {
    return this.#numbers.get(phaseKey) ?? 0;
  }

  add(phaseKey: string, attempt: number): void {
    // the newest last: a Map keeps the order of insertion
    this.#numbers.delete(phaseKey);
    this.#numbers.set(phaseKey, attempt);
    if (this.#numbers.size <= this.#kept) return;
    const [oldest] = this.#numbers.keys();
    if (oldest !== undefined) this.#numbers.delete(oldest);
  }
}
