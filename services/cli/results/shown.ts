// What a show command hands over: the same facts as data and as text.

export interface Shown {
  readonly value: unknown;
  readonly text: string;
}
