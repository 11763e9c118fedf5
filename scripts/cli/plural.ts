/** A number with its noun: `1 kernel`, `2 kernels`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
