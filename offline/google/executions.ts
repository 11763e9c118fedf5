/**
 * Executions of workflows (https://cloud.google.com/workflows/docs/reference/executions/rest): a fake of November 2026. Executions end
 * with the process, which those of the real service do not.
 */

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import type { Cloud } from "../cloud/folder.ts";
import { readRecord } from "../cloud/records.ts";
import type { WorkflowInputs } from "../providers/packages/gcp/workflow.ts";
import { connector } from "./compute.ts";
import { ApiError, notFound } from "./errors.ts";
import { type Program, runProgram, WorkflowError } from "./program.ts";
import { rightsOf } from "./rights.ts";

export interface Execution {
  name: string;
  state: "ACTIVE" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  argument: string;
  startTime: string;
  endTime?: string;
  result?: string;
  error?: { payload: string; context: string };
}

/** All executions of a cloud's workflows. */
export class Executions {
  private readonly cloud: Cloud;
  private readonly clock: () => number;
  /** How many times faster their time passes than real time. Time that has passed stays. */
  speed: number;
  private readonly all: { execution: Execution; cancel: AbortController }[] = [];

  constructor(cloud: Cloud, speed: number) {
    this.cloud = cloud;
    this.speed = speed;
    let [real, passed] = [Date.now(), Date.now()];
    this.clock = () => {
      passed += (Date.now() - real) * this.speed;
      real = Date.now();
      return passed / 1000;
    };
  }

  async create(workflow: string, argument: string): Promise<Execution> {
    const record = await readRecord<WorkflowInputs>(this.cloud, workflow);
    if (!record) throw notFound(workflow);
    const started = new Date().toISOString();
    const execution: Execution = {
      name: `${workflow}/executions/${randomUUID()}`,
      state: "ACTIVE",
      argument,
      startTime: started,
    };
    const cancel = new AbortController();
    this.all.unshift({ execution, cancel });
    void this.run(record.properties, execution, cancel.signal);
    return execution;
  }

  /** The newest first. */
  list(workflow: string): Execution[] {
    return this.all.map(({ execution }) => execution).filter(({ name }) => name.startsWith(`${workflow}/`));
  }

  get(name: string): Execution {
    return this.found(name).execution;
  }

  cancel(name: string): Execution {
    const { execution, cancel } = this.found(name);
    if (execution.state !== "ACTIVE")
      throw new ApiError(400, `execution is not active, current state: ${execution.state}`, "failedPrecondition");
    Object.assign(execution, { state: "CANCELLED", endTime: new Date().toISOString() });
    cancel.abort();
    return execution;
  }

  /** Ends all, as no time does at Google. */
  close(): void {
    for (const { cancel } of this.all) cancel.abort();
  }

  private found(name: string) {
    const found = this.all.find(({ execution }) => execution.name === name);
    if (!found) throw notFound(name);
    return found;
  }

  private async run(
    { sourceContents = "", serviceAccount = "" }: WorkflowInputs,
    execution: Execution,
    signal: AbortSignal,
  ) {
    const { cloud, clock } = this;
    const account = serviceAccount.slice(serviceAccount.lastIndexOf("/") + 1);
    const outside = {
      now: clock,
      sleep: (seconds: number) => pause((seconds * 1000) / this.speed, undefined, { signal }),
      async call(name: string, args: Record<string, unknown>) {
        signal.throwIfAborted();
        return connector(cloud, name, args, rightsOf(cloud, account));
      },
    };
    const end = (outcome: Partial<Execution>) => {
      if (execution.state === "ACTIVE") Object.assign(execution, outcome, { endTime: new Date().toISOString() });
    };
    try {
      const result = await runProgram(parse(sourceContents) as Program, JSON.parse(execution.argument), outside);
      end({ state: "SUCCEEDED", result: JSON.stringify(result ?? null) });
    } catch (error) {
      const payload = error instanceof WorkflowError ? error.value : { message: `${(error as Error).message}` };
      end({ state: "FAILED", error: { payload: JSON.stringify(payload), context: "in step main" } });
    }
  }
}
