import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type CommandOptions, run } from "./command.ts";
import { type EngineEvent, namesPulumi, parseEvent, plainError, plainErrors, progressLines } from "./engineEvents.ts";
import { explanations } from "./explain.ts";
import { projectFolder } from "./folders.ts";
import { Interruption, interrupted, onInterrupt } from "./interruption.ts";
import { PlainError } from "./plainError.ts";
import { type PulumiCli, usersPulumi } from "./pulumiCli.ts";
import type { Say } from "./step.ts";

/** What an operation of the engine did: how many resources were created, updated and so on, by operation. */
export type ResourceChanges = Record<string, number>;

/**
 * Runs an operation (`up`, `destroy`) that asks nothing, shows its progress, and fails with the plain words of what failed.
 *
 * Ctrl-C is passed on to the CLI once each time: the engine then finishes what it is at and saves its state.
 */
export async function operate(
  cli: PulumiCli,
  args: string[],
  env: Record<string, string>,
  say: Say,
): Promise<ResourceChanges> {
  interrupted.throwIfAborted();
  // A process group of its own: a typed Ctrl-C would otherwise reach it twice, and the second one ends it at once.
  const child = spawn(cli.command, [...args, "--json", "--non-interactive"], {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stopListening = onInterrupt(() => {
    say("interrupted: waiting for what is being done right now");
    child.kill("SIGINT");
  });
  const events: EngineEvent[] = [];
  let rest = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseEvent(line);
    if (event === undefined) return;
    for (const progress of progressLines(event)) say(progress);
    if (event.diagnosticEvent?.severity === "error" || event.summaryEvent) events.push(event);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    rest += chunk;
  });
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  stopListening();
  if (code === 0) return events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges ?? {};
  if (interrupted.aborted) throw new Interruption("Interrupted.");
  const errors = plainErrors(events);
  throw operationError([
    ...(errors.length > 0 ? errors : [plainError(rest) || `pulumi ${args[0]} ended with exit code ${code}.`]),
    ...explanations(events),
  ]);
}

/** The stack's outputs, secrets included. */
export async function stackOutputs(cli: PulumiCli, env: Record<string, string>): Promise<Record<string, unknown>> {
  return JSON.parse(await query(cli, ["stack", "output", "--json", "--show-secrets"], { env }));
}

/** The types of the resources that the stack consists of. */
export async function resourceTypes(cli: PulumiCli, env: Record<string, string>): Promise<string[]> {
  const exported = JSON.parse(await query(cli, ["stack", "export"], { env }));
  const { deployment } = exported as { deployment?: { resources?: { type: string }[] } };
  return (deployment?.resources ?? []).map(({ type }) => type);
}

function query(cli: PulumiCli, args: string[], options: CommandOptions): Promise<string> {
  return run("Asking Pulumi for the stack", cli.command, [...args, "--non-interactive"], {
    cwd: projectFolder,
    ...options,
  });
}

function operationError(paragraphs: string[]): PlainError {
  // The program speaks of `pulumi`, as it should; on a machine without it, that command does not exist.
  const hint = "(`pulumi ...` is run here as: npm run pulumi -- ...)";
  const needsHint = usersPulumi() === undefined && paragraphs.some(namesPulumi);
  return new PlainError(...paragraphs, ...(needsHint ? [hint] : []));
}
