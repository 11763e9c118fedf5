import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { PlainError } from "./plainError.ts";

/** The values of a command's options, by their names. Throws PlainError with the usage if an argument is none of them. */
export function valuesOf<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new PlainError((error as Error).message, usage);
  }
}

/** Options that several commands have. */
export const STACK = { type: "string", short: "s" } as const;
export const YES = { type: "boolean", short: "y" } as const;
