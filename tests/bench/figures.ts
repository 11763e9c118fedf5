/** The median; of an even number of values the upper one of the middle two. */
export function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/** Two decimal places: more would be noise. */
export function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}

/** Two things measured in turns, so that other load on the machine affects both: their medians, and the ratio. */
export async function byTurns(rounds: number, ours: (round: number) => Promise<number>, bare: () => Promise<number>) {
  const figures: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    figures.ours.push(await ours(round));
    figures.bare.push(await bare());
  }
  const [value, beside] = [median(figures.ours), median(figures.bare)];
  return { value: rounded(value), beside: rounded(beside), ratio: rounded(value / beside) };
}
