/** The little arithmetic of the benchmark. */

/** Of the two in the middle, their mean. Throws where there is nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("a median of nothing");
  return (low + high) / 2;
}

/** The slope of log(time) over log(size), by least squares; null for less than two sizes. */
export function growthExponent(points: readonly (readonly [size: number, time: number])[]): number | null {
  if (new Set(points.map(([size]) => size)).size < 2) return null;
  const logs = points.map(([size, time]) => [Math.log(size), Math.log(time)] as const);
  const mean = (index: 0 | 1): number => logs.reduce((sum, point) => sum + point[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / logs.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** To so many digits after the point. */
export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
