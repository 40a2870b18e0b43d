// Least squares as a weighted sum: the slope of y over x is the sum of w_k y_k, whatever y is. So a slope over latent budgets can be
// taken item by item, and its bootstrap is that of a mean.

/** @param xs at least two, not all equal @returns one weight per x; their sum is 0 */
export function slopeWeights(xs: readonly number[]): readonly number[] {
  const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const spread = xs.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return xs.map((x) => (x - middle) / spread);
}
