// Holm's step-down correction (1979): with many tests some come out small by chance. Controls the probability of any false finding,
// whatever the dependence between the tests, and is never worse than Bonferroni's.

/** @returns corrected p values in the order given, at most 1: compare each with the level wanted for the whole family */
export function holm(ps: readonly number[]): readonly number[] {
  const corrected = ps.map(() => 1);
  let least = 0;
  const ascending = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  for (const [rank, { p, index }] of ascending.entries()) {
    least = Math.max(least, Math.min(1, (ps.length - rank) * p));
    corrected[index] = least;
  }
  return corrected;
}
