import { createInterface } from "node:readline/promises";
import { PlainError } from "./plainError.ts";

/** Asks a question on the terminal. Throws PlainError without one, with the option that replaces the answer. */
export async function agrees(question: string, otherwise: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new PlainError("Nothing was changed, because there is no terminal to ask on.", otherwise);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
