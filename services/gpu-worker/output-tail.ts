// The last words of a process, for the message that says why it ended.

import { RECORD_LIMITS } from '../../workflows/domain/record-limits.ts';

export class OutputTail {
  #text = '';

  push(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-RECORD_LIMITS.detailCharacters);
  }

  get text(): string {
    return this.#text.trim();
  }

  /** For one sentence; '' when nothing was said. */
  get lastLine(): string {
    return this.text.split('\n').at(-1)?.trim() ?? '';
  }
}
