/** The middle one; of an even number the upper of the two. */
export function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/** Two digits after the point: more would be noise. */
export function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}

/** Two things measured by turns, so that whatever else the machine does falls on both: their medians, and the one by the other. */
export async function byTurns(rounds: number, ours: (round: number) => Promise<number>, bare: () => Promise<number>) {
  const figures: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    figures.ours.push(await ours(round));
    figures.bare.push(await bare());
  }
  const [value, beside] = [median(figures.ours), median(figures.bare)];
  return { value: rounded(value), beside: rounded(beside), ratio: rounded(value / beside) };
}
