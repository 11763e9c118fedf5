import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import type { OpMap } from "@pulumi/pulumi/automation/stack.js";
import { plainError } from "../../components/explain/providersWords.ts";
import { type CommandOptions, run } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { Interruption, interrupted, onInterrupt } from "../cli/interruption.ts";
import { PlainError } from "../cli/plainError.ts";
import type { Say } from "../cli/step.ts";
import { isRoutine, parseEvent, plainErrors, progressLines } from "./engineEvents.ts";
import { explanations, explanationsOfTheCli, pendingOperations } from "./explanations.ts";
import { hintFor, type PulumiCli } from "./pulumiCli.ts";

/** What an operation of the engine did. */
export interface Operation {
  /** How many resources it created, updated and so on. */
  changes: OpMap;
  /** Advice about an earlier interrupted run: paragraphs for the user, usually none. */
  advice: string[];
}

/**
 * Runs an operation (`up`, `destroy`) without questions, shows its progress, and fails with a plain explanation. `keep`
 * receives the lines that still matter after success, `say` all others.
 *
 * Passes each Ctrl-C to the CLI once: the engine then finishes its current work and saves its state.
 */
export async function operate(
  cli: PulumiCli,
  args: string[],
  env: NodeJS.ProcessEnv,
  say: Say,
  keep: Say,
): Promise<Operation> {
  interrupted.throwIfAborted();
  // In its own process group: a typed Ctrl-C would otherwise reach it twice, and the second one ends it at once.
  const child = spawn(cli.command, [...args, "--json", "--non-interactive"], {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stopListening = onInterrupt(() => {
    say("interrupted: waiting for the current operation");
    child.kill("SIGINT");
  });
  const events: EngineEvent[] = [];
  let rest = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseEvent(line);
    if (event === undefined) return;
    // Pending operations get shorter advice of their own.
    const mayBeKept = event.diagnosticEvent !== undefined && pendingOperations([event]).length === 0;
    for (const progress of progressLines(event)) (mayBeKept && !isRoutine(progress) ? keep : say)(progress);
    if (["error", "warning"].includes(event.diagnosticEvent?.severity ?? "") || event.summaryEvent) events.push(event);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    rest += chunk;
  });
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  stopListening();
  if (code === 0) {
    const summary = events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent;
    return { changes: summary?.resourceChanges ?? {}, advice: withHint(pendingOperations(events)) };
  }
  if (interrupted.aborted) throw new Interruption("Interrupted.");
  const errors = plainErrors(events);
  throw new PlainError(
    ...withHint([
      ...(errors.length > 0 ? errors : [plainError(rest) || `pulumi ${args[0]} ended with exit code ${code}.`]),
      ...explanations(events),
      ...explanationsOfTheCli(rest),
    ]),
  );
}

function withHint(paragraphs: string[]): string[] {
  return [...paragraphs, ...hintFor(paragraphs)];
}

/** The stack's outputs, secrets included. */
export async function stackOutputs(cli: PulumiCli, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  return JSON.parse(await query(cli, ["stack", "output", "--json", "--show-secrets"], { env }));
}

/** The stack's config by full names, with secrets as plain text. */
export async function stackConfig(cli: PulumiCli, env: NodeJS.ProcessEnv): Promise<Record<string, string | undefined>> {
  const found = JSON.parse(await query(cli, ["config", "--json", "--show-secrets"], { env }));
  return Object.fromEntries(
    Object.entries(found as Record<string, { value?: string }>).map(([key, { value }]) => [key, value]),
  );
}

/** The types of the stack's resources. */
export async function resourceTypes(cli: PulumiCli, env: NodeJS.ProcessEnv): Promise<string[]> {
  const exported = JSON.parse(await query(cli, ["stack", "export"], { env }));
  const { deployment } = exported as { deployment?: { resources?: { type: string }[] } };
  return (deployment?.resources ?? []).map(({ type }) => type);
}

function query(cli: PulumiCli, args: string[], options: CommandOptions): Promise<string> {
  return run("Reading the stack's resources", cli.command, [...args, "--non-interactive"], {
    cwd: projectFolder,
    ...options,
  });
}
