/**
 * An error for the person at the keyboard: paragraphs that say what was wrong, what was found, and the command that mends it.
 * It is printed without a stack trace.
 */
export class PlainError extends Error {
  override name = "PlainError";

  constructor(...paragraphs: string[]) {
    super(paragraphs.join("\n\n"));
  }
}
