/**
 * Runs a workflow's program as Google's service Workflows does: a fake, held to its documents in November 2026
 * (https://cloud.google.com/workflows/docs/reference/syntax). It knows the kinds of step that jupyter-up's program has, and refuses others.
 */

import { resolved, type Scope } from "./expressions.ts";

/** A step of a program. */
interface Step {
  assign?: Record<string, unknown>[];
  call?: string;
  args?: Record<string, unknown>;
  result?: string;
  switch?: { condition: unknown; next: string }[];
  next?: string;
  return?: unknown;
  raise?: unknown;
  try?: Body;
  retry?: Retry;
  except?: { as: string; steps: NamedStep[] };
}
type NamedStep = Record<string, Step>;
type Body = Step | { steps: NamedStep[] };
interface Retry {
  predicate: string;
  max_retries: number;
  backoff: { initial_delay: number; max_delay: number; multiplier: number };
}
interface Subworkflow {
  params?: string[];
  steps: NamedStep[];
}
export type Program = Record<string, Subworkflow>;

/** What a program can call besides its own subworkflows. */
export interface Outside {
  /** The time in seconds. */
  now(): number;
  sleep(seconds: number): Promise<void>;
  /** A call of an API: `googleapis.compute.v1.instances.stop`. */
  call(name: string, args: Record<string, unknown>): Promise<unknown>;
}

/** An error that a program can catch. */
export class WorkflowError extends Error {
  readonly value: unknown;

  constructor(value: unknown) {
    super(JSON.stringify(value));
    this.value = value;
  }
}

type Jump = { kind: "return"; value: unknown } | { kind: "next"; step: string } | undefined;

const KNOWN = ["assign", "call", "args", "result", "switch", "next", "return", "raise", "try", "retry", "except"];

/** Runs the program with an argument and returns its result. */
export function runProgram(program: Program, argument: unknown, outside: Outside): Promise<unknown> {
  return runSubworkflow(program, "main", [argument], outside);
}

async function runSubworkflow(program: Program, name: string, given: unknown[], outside: Outside): Promise<unknown> {
  const { params = [], steps } = program[name] ?? {};
  if (!steps) throw new Error(`There is no subworkflow ${name}.`);
  const scope: Scope = Object.fromEntries(params.map((param, index) => [param, given[index]]));
  const jump = await runSteps(program, steps, scope, outside);
  return jump?.kind === "return" ? jump.value : undefined;
}

async function runSteps(program: Program, steps: NamedStep[], scope: Scope, outside: Outside): Promise<Jump> {
  const named = steps.flatMap((step) => Object.entries(step));
  for (let at = 0; at < named.length; ) {
    const [, step] = named[at] ?? ["", {}];
    const jump = await runStep(program, step, scope, outside);
    if (jump?.kind !== "next") {
      if (jump) return jump;
      at += 1;
      continue;
    }
    at = named.findIndex(([name]) => name === jump.step);
    // A step may continue outside of the list that it is in.
    if (at === -1) return jump;
  }
  return undefined;
}

async function runStep(program: Program, step: Step, scope: Scope, outside: Outside): Promise<Jump> {
  const unknown = Object.keys(step).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) throw new Error(`The fake of Workflows does not know the step ${unknown.join(", ")}.`);
  const seen = { ...scope, sys: { now: outside.now } };
  for (const assignment of step.assign ?? [])
    for (const [name, value] of Object.entries(assignment)) scope[name] = resolved(value, { ...seen, ...scope });
  if (step.raise !== undefined) throw new WorkflowError(resolved(step.raise, seen));
  if ("return" in step) return { kind: "return", value: resolved(step.return, seen) };
  for (const { condition, next } of step.switch ?? [])
    if (resolved(condition, seen) === true) return { kind: "next", step: next };
  if (step.try) {
    const jump = await runTry(program, step.try, step, scope, outside);
    if (jump) return jump;
  }
  if (step.call) {
    const result = await call(program, step.call, (resolved(step.args ?? {}, seen) ?? {}) as Scope, outside);
    if (step.result) scope[step.result] = result;
  }
  return step.next ? { kind: "next", step: step.next } : undefined;
}

function call(program: Program, name: string, args: Scope, outside: Outside): Promise<unknown> {
  if (name === "sys.sleep") return outside.sleep(Number(args.seconds));
  const own = program[name];
  if (!own) return outside.call(name, args);
  const expected = own.params ?? [];
  const missing = expected.filter((param) => !(param in args));
  if (missing.length > 0) throw new Error(`The call of ${name} lacks ${missing.join(", ")}.`);
  return runSubworkflow(
    program,
    name,
    expected.map((param) => args[param]),
    outside,
  );
}

async function runTry(program: Program, body: Body, step: Step, scope: Scope, outside: Outside): Promise<Jump> {
  const { retry, except } = step;
  const steps = "steps" in body ? body.steps : [{ body }];
  let delay = retry?.backoff.initial_delay ?? 0;
  for (let retries = 0; ; retries++) {
    try {
      return await runSteps(program, steps, scope, outside);
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      if (retry && retries < retry.max_retries && (await isRetried(program, retry, error, outside))) {
        await outside.sleep(delay);
        delay = Math.min(delay * retry.backoff.multiplier, retry.backoff.max_delay);
        continue;
      }
      if (!except) throw error;
      scope[except.as] = error.value;
      return runSteps(program, except.steps, scope, outside);
    }
  }
}

async function isRetried(program: Program, { predicate }: Retry, error: WorkflowError, outside: Outside) {
  const [, name = ""] = /^\$\{(\w+)\}$/.exec(predicate) ?? [];
  return (await runSubworkflow(program, name, [error.value], outside)) === true;
}
