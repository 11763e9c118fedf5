import { z } from "zod";
import type { Boost } from "../../components/host/gcpBoost.ts";
import type { Google } from "./google.ts";
import type { Wanted } from "./options.ts";

/** Runs of the workflow that changes the VM's machine type; see components/host/boost.workflow.yaml. */

const API = "https://workflowexecutions.googleapis.com/v1";
const WHAT = "the state of the workflow that changes the VM";
/** Google stops the VM if the workflow has not done so by then: nothing runs on for longer than this. */
const GRACE_SECONDS = 900;

const answer = z.object({
  name: z.string(),
  state: z.string(),
  argument: z.string().default("{}"),
  startTime: z.string(),
  endTime: z.string().optional(),
  error: z.object({ payload: z.string().default("") }).optional(),
});
const list = z.object({ executions: z.array(answer).default([]) });

/** What the workflow is told. It reads the first three; the others are for a later question what ran. */
const argument = z.object({
  machineType: z.string(),
  scheduling: z.record(z.string(), z.unknown()),
  seconds: z.number(),
  spot: z.boolean(),
  /** Dollars an hour; null: not known. */
  anHour: z.number().nullable(),
});

/** A boost that runs, or the last one. */
export interface Execution {
  name: string;
  state: "runs" | "ended" | "failed" | "cancelled";
  /** What it did; undefined: it only went back. */
  what: z.infer<typeof argument> | undefined;
  began: Date;
  /** When it ended, or is to end. */
  ends: Date;
  /** Google's words for why it failed. */
  problem: string;
}

const STATES: Record<string, Execution["state"]> = {
  ACTIVE: "runs",
  QUEUED: "runs",
  SUCCEEDED: "ended",
  CANCELLED: "cancelled",
};

function executionOf({ name, state, argument: given, startTime, endTime, error }: z.infer<typeof answer>): Execution {
  const what = argument.safeParse(JSON.parse(given)).data;
  const began = new Date(startTime);
  const ends = endTime ? new Date(endTime) : new Date(began.getTime() + (what?.seconds ?? 0) * 1000);
  return { name, state: STATES[state] ?? "failed", what, began, ends, problem: wordsOf(error?.payload ?? "") };
}

/** The message in the error of a workflow, which is JSON. */
function wordsOf(payload: string): string {
  const found = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(payload)?.[1];
  return found === undefined ? payload : (JSON.parse(`"${found}"`) as string);
}

/** The runs of the workflow, the newest first. */
export async function executionsOf(google: Google, { workflow }: Boost): Promise<Execution[]> {
  const found = list.parse(await google.get(`${API}/${workflow}/executions?view=FULL&pageSize=20`, WHAT));
  return found.executions.map(executionOf);
}

export async function executionOfName(google: Google, name: string): Promise<Execution> {
  return executionOf(answer.parse(await google.get(`${API}/${name}`, WHAT)));
}

/** Starts the workflow with a machine type. @param anHour its price in dollars; undefined: not known */
export function grow(google: Google, boost: Boost, { type, hours, spot }: Wanted, anHour: number | undefined) {
  const seconds = Math.round(hours * 3600);
  const model = spot
    ? { provisioningModel: "SPOT", preemptible: true, automaticRestart: false, onHostMaintenance: "TERMINATE" }
    : { provisioningModel: "STANDARD", preemptible: false, automaticRestart: true, onHostMaintenance: "MIGRATE" };
  const end = { instanceTerminationAction: "STOP", maxRunDuration: { seconds: String(seconds + GRACE_SECONDS) } };
  return start(google, boost, {
    machineType: type,
    scheduling: { ...model, ...end },
    seconds,
    spot,
    anHour: anHour ?? null,
  });
}

/** Starts the workflow so that it goes back, in place of a run that waits. */
export async function goBack(google: Google, boost: Boost, running: Execution | undefined): Promise<Execution> {
  if (running) await google.post(`${API}/${running.name}:cancel`, {}, WHAT);
  return start(google, boost, { back: true });
}

async function start(google: Google, { workflow }: Boost, told: object): Promise<Execution> {
  const body = { argument: JSON.stringify(told) };
  return executionOf(
    answer.parse(await google.post(`${API}/${workflow}/executions`, body, "whether the workflow started")),
  );
}
