// McNemar's test: do two systems differ on the same questions? Only questions that exactly one of them got right count. Under the
// null hypothesis each of them fell to either system with probability 1/2, so the number is binomial and no approximation is needed.
// The tail is summed here, because a binomial distribution function is 224 packages in @stdlib and inexact in smaller libraries.

export interface McNemar {
  /** Exact two-sided p: never rejects more often than it says. */
  readonly exact: number;
  /** Mid-p (Lancaster 1961; Fagerland, Lydersen and Laake 2013): half the probability of what was seen; less conservative. */
  readonly mid: number;
}

/** @param onlyA questions that only a got right @param onlyB that only b got right; both 0 = nothing tells them apart, p = 1 */
export function mcnemar(onlyA: number, onlyB: number): McNemar {
  const trials = onlyA + onlyB;
  if (trials === 0) return { exact: 1, mid: 1 };
  const fewer = Math.min(onlyA, onlyB);
  const logs = logFactorials(trials);
  let tail = 0;
  let seen = 0;
  for (let k = 0; k <= fewer; k++) {
    seen = Math.exp(at(logs, trials) - at(logs, k) - at(logs, trials - k) - trials * Math.LN2);
    tail += seen;
  }
  // equal numbers: the tails meet in the middle term, which is all that is as likely as what was seen
  if (onlyA === onlyB) return { exact: 1, mid: 1 - seen / 2 };
  return { exact: Math.min(1, 2 * tail), mid: 2 * tail - seen };
}

/** ln k! for k = 0..n, summed with Kahan's compensation: at n = 10^5 plain sums lose the tenth digit of the tail. */
function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  let sum = 0;
  let lost = 0;
  for (let k = 2; k <= n; k++) {
    const term = Math.log(k) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
    logs[k] = sum;
  }
  return logs;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? Number.NaN;
}
