/** Reads the output of `pulumi up --json`, one event per line, and selects what the user sees. Pure. */

/** The parts of an engine event that are used here. */
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

/** The event in a line; undefined for any other output of the CLI. */
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
  "create-replacement": "recreating",
  "delete-replaced": "deleting the old",
};

/** The progress in an event: lines of a command's output, the resource in work. Usually none. */
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
  // Components are only names for their children.
  return type.startsWith("jupyter-up:") || type === "pulumi:pulumi:Stack" ? [] : [`${verb} ${nameOf(urn)}`];
}

/** Whether a command prints this line at each release, so that it matters only as progress. */
export function isRoutine(line: string): boolean {
  return /^(?:Pulling .*|Waiting for .*|The image \S+ was removed: .*|Getting a certificate\b.*|\S+: (?:starts|starts anew|runs on)|Release \S+ is running\.)$/.test(
    line,
  );
}

/** The errors among the events, each once, split into the paragraphs of its author. */
export function plainErrors(events: EngineEvent[]): string[] {
  const texts = events
    .flatMap(({ diagnosticEvent }) => (diagnosticEvent?.severity === "error" ? [diagnosticEvent.message] : []))
    .map(plainError)
    .filter((text) => text !== "" && !/^(update|destroy|preview|refresh) (failed|canceled)$/.test(text));
  return [...new Set(texts)];
}

/** What the command provider writes before the output of a failed command. */
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

/** Whether a text tells the reader to run the `pulumi` command. */
export function namesPulumi(text: string): boolean {
  return /(?:^|[\s`'"(:])pulumi (?:up|config|stack|destroy|preview|refresh|cancel|state)\b/m.test(text);
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

// The engine's own markup, and escape sequences in a command's output.
function withoutColour(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/<\{%[^%]*%\}>/g, "").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
