import { randomInt } from "node:crypto";

/** The shape of a random string; a `min` is the minimum number of that kind of character. */
export type CharacterOptions = {
  length: number;
  lower: boolean;
  minLower: number;
  upper: boolean;
  minUpper: number;
  numeric: boolean;
  minNumeric: number;
  special: boolean;
  minSpecial: number;
  /** The special characters to choose from; empty for the default ones. */
  overrideSpecial: string;
};

/** Throws if no kind of character is allowed. */
export function randomCharacters(options: CharacterOptions): string {
  const kinds = [
    { characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", allowed: options.upper, minimum: options.minUpper },
    { characters: "abcdefghijklmnopqrstuvwxyz", allowed: options.lower, minimum: options.minLower },
    { characters: "0123456789", allowed: options.numeric, minimum: options.minNumeric },
    {
      characters: options.overrideSpecial || "!@#$%&*()-_=+[]{}<>:?",
      allowed: options.special,
      minimum: options.minSpecial,
    },
  ];
  const all = kinds
    .filter((kind) => kind.allowed)
    .map((kind) => kind.characters)
    .join("");
  if (all === "") throw new Error("the character set specified is empty");

  // A minimum counts even for a kind that is not allowed otherwise, as in the real provider.
  const required = kinds.flatMap((kind) => draw(kind.characters, kind.minimum));
  return shuffle([...required, ...draw(all, options.length - required.length)]).join("");
}

function draw(characters: string, count: number): string[] {
  const set = Array.from(characters);
  return Array.from({ length: count }, () => set[randomInt(set.length)] ?? "");
}

/** Fisher-Yates shuffle. */
function shuffle<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
