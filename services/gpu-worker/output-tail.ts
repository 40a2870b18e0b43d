// The last words of a process, for the message that says why it ended.

const KEPT_CHARACTERS = 8_192;

export class OutputTail {
  #text = '';

  push(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-KEPT_CHARACTERS);
  }

  get text(): string {
    return this.#text.trim();
  }

  /** For one sentence; '' when nothing was said. */
  get lastLine(): string {
    return this.text.split('\n').at(-1)?.trim() ?? '';
  }
}
