// Principal components of centred rows, by the eigenvectors of whichever Gram matrix is smaller.

import { EVD, type Matrix } from 'ml-matrix';

/** Eigenvalues below this share of the largest are rounding, not variance. */
const NOISE = 1e-14;

export interface PrincipalComponents {
  /** Sums of squares along each direction, descending; without those that are zero. */
  readonly variances: readonly number[];
  /** Orthonormal columns, [width, variances]. */
  readonly directions: Matrix;
}

/** @param rows [n, width], centred; O(n * width * min + min^3) with min the smaller of the two */
export function principalComponents(rows: Matrix): PrincipalComponents {
  const isWide = rows.columns > rows.rows;
  const transposed = rows.transpose();
  const gram = isWide ? rows.mmul(transposed) : transposed.mmul(rows);
  const { realEigenvalues, eigenvectorMatrix } = new EVD(gram, { assumeSymmetric: true });
  const descending = realEigenvalues.map((_, index) => index).sort((a, b) => valueAt(b) - valueAt(a));
  function valueAt(index: number): number {
    return realEigenvalues[index] ?? 0;
  }
  const largest = valueAt(descending[0] ?? 0);
  const kept = descending.filter((index) => valueAt(index) > NOISE * largest);
  const variances = kept.map(valueAt);
  const vectors = eigenvectorMatrix.subMatrixColumn(kept);
  if (!isWide) return { variances, directions: vectors };
  const scales = variances.map((variance) => 1 / Math.sqrt(variance));
  return { variances, directions: transposed.mmul(vectors).mulRowVector(scales) };
}

/** Fewest components that explain at least `threshold` of the variance; 0 for rows that do not vary. */
export function componentsFor(variances: readonly number[], threshold: number): number {
  const wanted = threshold * variances.reduce((sum, variance) => sum + variance, 0);
  let explained = 0;
  const last = variances.findIndex((variance) => {
    explained += variance;
    return explained >= wanted;
  });
  // at a threshold of 1 the sum may be missed by its rounding
  return last === -1 ? variances.length : last + 1;
}

/** (sum l)^2 / sum l^2; NaN without variance. */
export function participationRatio(variances: readonly number[]): number {
  const sum = variances.reduce((total, variance) => total + variance, 0);
  return sum ** 2 / variances.reduce((total, variance) => total + variance ** 2, 0);
}

/** exp(-sum p log p) with p the shares of the variance; NaN without variance. */
export function effectiveRank(variances: readonly number[]): number {
  if (variances.length === 0) return Number.NaN;
  const sum = variances.reduce((total, variance) => total + variance, 0);
  return Math.exp(variances.reduce((entropy, variance) => entropy - (variance / sum) * Math.log(variance / sum), 0));
}
