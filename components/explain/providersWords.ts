/** Removes the text that Pulumi and its providers wrap around an error. Pure. */

/** The text that the command provider writes before the output of a failed command. */
const failedCommand =
  /^(?:Process exited with status \d+(?: from signal \w+)?|exit status \d+|signal: \w+|context canceled): running "(?:[^"\\]|\\.)*":?\s*/;

/** The texts that the engine and the SDK write in front of an error. */
const wrappings = [
  /^\s*error: /,
  /^\d+ errors? occurred:\s*\*?\s*/,
  /^\S+ resource '[^']*': property [^\n]*? value \{[^}]*\} has a problem: /,
  /^(?:\S+ )?resource (?:\S+ )?'[^']*'(?: \[[^\]]*\])? has a problem: /,
  /^Running program '[^']*' failed with an unhandled exception:\s*/,
  /^(?:RunError|Error): /,
];

/** An error text without the wrapping of Pulumi and its providers. */
export function plainError(message: string): string {
  return unwrapped(message, [...wrappings, failedCommand]);
}

/** A provider's own words in an error; undefined if it only passes on the output of a failed command. */
export function providersWords(message: string): string | undefined {
  const text = unwrapped(message, wrappings);
  return failedCommand.test(text) ? undefined : text;
}

function unwrapped(message: string, around: RegExp[]): string {
  let text = withoutColour(message).trim();
  for (let before = ""; before !== text; ) {
    before = text;
    for (const wrapping of around) text = text.replace(wrapping, "").trim();
  }
  return text;
}

/** A text without the engine's own markup and the escape sequences in a command's output. */
export function withoutColour(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/<\{%[^%]*%\}>/g, "").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
