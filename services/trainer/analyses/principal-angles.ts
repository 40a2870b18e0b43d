// Principal angles between two subspaces: arc cosines of the singular values of A^T B (Bjorck and Golub 1973).

import { EVD, type Matrix } from 'ml-matrix';

/**
 * Ascending, radians, as many as the smaller subspace has dimensions. An arc cosine would lose half of the digits of small angles, which
 * are common where the dimensions together exceed the width; so each angle comes from the sine and the cosine of its own direction.
 *
 * @param a orthonormal columns, [width, r]; `b` likewise
 */
export function principalAngles(a: Matrix, b: Matrix): readonly number[] {
  const [small, large] = a.columns <= b.columns ? [a, b] : [b, a];
  const inside = large.transpose().mmul(small);
  const outside = small.clone().sub(large.mmul(inside));
  const { eigenvectorMatrix } = new EVD(inside.transpose().mmul(inside), { assumeSymmetric: true });
  const [cosines, sines] = [inside, outside].map((part) => columnNorms(part.mmul(eigenvectorMatrix)));
  return (sines ?? []).map((sine, k) => Math.atan2(sine, cosines?.[k] ?? 0)).sort((x, y) => x - y);
}

function columnNorms(matrix: Matrix): readonly number[] {
  return Array.from({ length: matrix.columns }, (_, column) => matrix.getColumnVector(column).norm('frobenius'));
}
