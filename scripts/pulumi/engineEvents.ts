/** What `pulumi up --json` writes, a line an event, and what of it is for the user's eyes. Pure. */

/** An event of Pulumi's engine, as far as it is read here. */
export interface EngineEvent {
  diagnosticEvent?: { severity: string; message: string; urn?: string; ephemeral?: boolean };
  resourcePreEvent?: { metadata: EventMetadata };
  summaryEvent?: { resourceChanges?: Record<string, number> };
}

interface EventMetadata {
  op: string;
  urn: string;
  type: string;
}

/** The event in a line; undefined for anything else the CLI may print. */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

const doing: Record<string, string> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  "create-replacement": "creating anew",
  "delete-replaced": "deleting the old",
};

/** What an event tells somebody who waits: the lines a command writes, the resource that is worked on. Mostly nothing. */
export function progressLines(event: EngineEvent): string[] {
  const { diagnosticEvent, resourcePreEvent } = event;
  if (diagnosticEvent && ["info", "info#err", "warning"].includes(diagnosticEvent.severity)) {
    return withoutColour(diagnosticEvent.message)
      .split("\n")
      .filter((line) => line.trim() !== "");
  }
  const verb = resourcePreEvent && doing[resourcePreEvent.metadata.op];
  if (resourcePreEvent === undefined || verb === undefined) return [];
  const { type, urn } = resourcePreEvent.metadata;
  // Components are only names for what is in them.
  return type.startsWith("jupyter-up:") || type === "pulumi:pulumi:Stack" ? [] : [`${verb} ${nameOf(urn)}`];
}

/** Whether a line of a command is one that each release writes, of interest only to somebody who waits. */
export function isRoutine(line: string): boolean {
  return /^(?:Pulling .*|Waiting for .*|The image \S+ was removed: .*|Getting a certificate\b.*|\S+: (?:starts|starts anew|runs on)|Release \S+ is running\.)$/.test(
    line,
  );
}

/** The errors among the events, each as the paragraphs that its maker wrote, each once. */
export function plainErrors(events: EngineEvent[]): string[] {
  const texts = events
    .flatMap(({ diagnosticEvent }) => (diagnosticEvent?.severity === "error" ? [diagnosticEvent.message] : []))
    .map(plainError)
    .filter((text) => text !== "" && !/^(update|destroy|preview|refresh) (failed|canceled)$/.test(text));
  return [...new Set(texts)];
}

/** What the command provider writes in front of the output of a command that failed. */
const failedCommand =
  /^(?:Process exited with status \d+(?: from signal \w+)?|exit status \d+|signal: \w+|context canceled): running "(?:[^"\\]|\\.)*":?\s*/;

/** What the engine and the SDK write around an error. */
const wrappings = [
  /^\s*error: /,
  /^\d+ errors? occurred:\s*\*?\s*/,
  /^\S+ resource '[^']*': property [^\n]*? value \{[^}]*\} has a problem: /,
  /^(?:\S+ )?resource (?:\S+ )?'[^']*'(?: \[[^\]]*\])? has a problem: /,
  /^Running program '[^']*' failed with an unhandled exception:\s*/,
  /^(?:RunError|Error): /,
];

/** An error text without what Pulumi and its providers wrap around the words that matter. */
export function plainError(message: string): string {
  return unwrapped(message, [...wrappings, failedCommand]);
}

/** What a provider itself says in an error; undefined where it only passes on the output of a command that failed. */
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

/** Whether a text tells the reader to run the `pulumi` command. */
export function namesPulumi(text: string): boolean {
  return /(?:^|[\s`'"(:])pulumi (?:up|config|stack|destroy|preview|refresh|cancel|state)\b/m.test(text);
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

// The engine's own markup, and what a command's output may carry.
function withoutColour(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/<\{%[^%]*%\}>/g, "").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
