// What a show command hands over: the same facts as data and as text.

/** `value` is what --json prints. */
export interface Shown {
  readonly value: unknown;
  readonly text: string;
}
