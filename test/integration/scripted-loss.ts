// Loss of a step: a pure function of phase and step, so that undisturbed and disturbed runs must agree.

export function lossOf(key: string, step: number): number {
  return Number.parseInt(key.slice(0, 6), 16) / 2 ** 24 + 1 / step;
}
