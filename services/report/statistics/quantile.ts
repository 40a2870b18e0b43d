// Quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan, the default of NumPy and R).

/** @param ascending at least one value, sorted @param probability 0 to 1 */
export function quantile(ascending: ArrayLike<number>, probability: number): number {
  const place = probability * (ascending.length - 1);
  const below = Math.floor(place);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? Number.NaN;
  return low + (place - below) * (high - low);
}
