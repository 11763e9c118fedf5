/** The middle one; of an even number the upper of the two. */
export function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/** Two digits after the point: more would be noise. */
export function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
