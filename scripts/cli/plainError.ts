/**
 * An error for the user: paragraphs with what is wrong, what was found, and the command that fixes it. Printed without
 * a stack trace.
 */
export class PlainError extends Error {
  override name = "PlainError";

  constructor(...paragraphs: string[]) {
    super(paragraphs.join("\n\n"));
  }
}
