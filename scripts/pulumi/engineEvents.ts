/** Reads the output of `pulumi up --json`, one event per line, and selects what the user sees. Pure. */

import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import type { OpType } from "@pulumi/pulumi/automation/stack.js";
import { plainError, withoutColour } from "../../components/explain/providersWords.ts";

/** The event in a line; undefined for any other output of the CLI. */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

const doing: { [operation in OpType]?: string } = {
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
  return /^(?:Pulling .*|Waiting for .*|The image \S+ was removed: .*|Getting a certificate\b.*|.* \(\d+(?:\.\d)? s\)|\d+ MiB of images are missing, .*|\S+: (?:starts|is recreated|keeps running)|Release \S+ is running\.)$/.test(
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

/** Whether a text tells the reader to run the `pulumi` command. */
export function namesPulumi(text: string): boolean {
  return /(?:^|[\s`'"(:])pulumi (?:up|config|stack|destroy|preview|refresh|cancel|state)\b/m.test(text);
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
