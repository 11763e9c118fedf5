/** Explains the errors of a run: what is wrong, and the command that fixes it. Pure. */

import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { explain, explainCli, layOut } from "../../components/explain/explain.ts";
import { withoutColour } from "../../components/explain/providersWords.ts";
import type { Target } from "../../components/explain/rule.ts";
import { BACKUP_KEY } from "../../components/names.ts";

/** The explanations for the errors of a run, each once. Omits those that the program's error hook has already shown. */
export function explanations(events: EngineEvent[], target: Target = "ssh"): string[] {
  const shown = new Set(events.map(({ diagnosticEvent }) => withoutColour(diagnosticEvent?.message ?? "").trim()));
  const texts = events.flatMap(({ diagnosticEvent }) => {
    const words =
      diagnosticEvent?.severity === "error" && explain(diagnosticEvent.message, diagnosticEvent.urn, target);
    return words && !shown.has(layOut(words)) ? [words] : [];
  });
  return [...new Set(texts)];
}

/** Explains the CLI's own final message if it refused to start the run; empty if unknown. */
export function explanationsOfTheCli(stderr: string): string[] {
  const words = explainCli(stderr);
  return words ? [words] : [];
}

/** What a deleted backup key said: how to restore the backup. The CLI shows only its last line on a terminal. Usually none. */
export function restoreNotice(events: EngineEvent[]): string[] {
  const lines = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.urn?.endsWith(`::${BACKUP_KEY}-file`) && diagnosticEvent.severity === "info"
      ? [withoutColour(diagnosticEvent.message).trimEnd()]
      : [],
  );
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** Advice about resources that may or may not have been created by an interrupted run; usually none. */
export function pendingOperations(events: EngineEvent[]): string[] {
  const names = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "warning" && diagnosticEvent.message.includes("pending operations")
      ? [...diagnosticEvent.message.matchAll(/::([^:\s]+), interrupted while (?:creating|importing)/g)].map(
          ([, name]) => name,
        )
      : [],
  );
  if (names.length === 0) return [];
  return [
    `An earlier run was interrupted while it created ${[...new Set(names)].join(", ")}, and Pulumi warns about it in each run. If the site works, clear the warning:\npulumi refresh --yes --non-interactive --clear-pending-creates`,
  ];
}
