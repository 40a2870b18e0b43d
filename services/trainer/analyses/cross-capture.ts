// Cross-capture of slots (docs/design/study.md section 7): how much of the variance of one slot lies in the main subspace of another.
// H[i,j] = |X_j P_i|^2 / |X_j|^2, P_i the projector on the fewest components that explain a threshold of slot i. Computed as
// trace(P_i X_j^T X_j) / trace(X_j^T X_j), so that a pair costs width^2 only.

import type { Matrix } from 'ml-matrix';
import type { PrincipalComponents } from './principal-components.ts';

/** X^T X of centred rows [n, width]. */
export function scatter(rows: Matrix): Matrix {
  return rows.transpose().mmul(rows);
}

/** The main subspace: the first `rank` directions as orthonormal columns; null for none. */
export function subspace({ directions }: PrincipalComponents, rank: number): Matrix | null {
  return rank === 0 ? null : directions.subMatrix(0, directions.rows - 1, 0, Math.min(rank, directions.columns) - 1);
}

/** Share of each slot's variance inside a subspace, 0..1; NaN for a slot that does not vary. @param basis null: no directions */
export function capture(basis: Matrix | null, scatters: readonly Matrix[]): readonly number[] {
  const projector = basis?.mmul(basis.transpose()) ?? null;
  return scatters.map((one) => (projector === null ? 0 : overlap(projector, one)) / one.trace());
}

/** trace(A B) of symmetric matrices: the sum of their elementwise product. */
function overlap(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let row = 0; row < a.rows; row++) {
    for (let column = 0; column < a.columns; column++) sum += a.get(row, column) * b.get(row, column);
  }
  return sum;
}
