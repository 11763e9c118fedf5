import { type ChildProcess, spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { constants } from "node:os";
import type { CheckFailure, Operation } from "../../resource.ts";
import { type CommandInputs, commandResource, commonFields, previousOutputVariables } from "./command.ts";
import { failuresOf, type Struct } from "./fields.ts";
import { type Output, OutputCollector } from "./output.ts";

type LocalCommandInputs = CommandInputs & {
  interpreter?: string[];
  dir?: string;
  assetPaths?: string[];
  archivePaths?: string[];
};

/** `command:local:Command`: runs commands on this machine. */
export const localCommand = commandResource<LocalCommandInputs>(run, {
  check: (inputs) => {
    const failures = failuresOf(inputsStruct, inputs);
    return failures.length > 0 ? failures : refuseAssets(inputs);
  },
});

const inputsStruct: Struct = {
  name: "local.CommandInputs",
  fields: {
    ...commonFields,
    stdin: "string",
    logging: "local.Logging",
    interpreter: "[]string",
    dir: "string",
    environment: "map[string]string",
    assetPaths: "[]string",
    archivePaths: "[]string",
    addPreviousOutputInEnv: "bool",
  },
};

function refuseAssets(inputs: LocalCommandInputs): CheckFailure[] {
  return (["assetPaths", "archivePaths"] as const)
    .filter((property) => inputs[property] !== undefined)
    .map((property) => ({ property, reason: `the fake provider command collects no files: leave ${property} out` }));
}

async function run(
  command: string,
  inputs: LocalCommandInputs,
  previous: Output,
  operation: Operation,
): Promise<Output> {
  const collector = new OutputCollector(inputs.logging, operation.status);
  const failed = await execute(command, inputs, previous, collector, operation);
  collector.end();
  if (failed !== undefined) throw collector.failure(failed, command);
  return collector.output;
}

/** Runs until the command has ended and no process holds its output open; returns the error in Go's words. */
async function execute(
  command: string,
  inputs: LocalCommandInputs,
  previous: Output,
  collector: OutputCollector,
  operation: Operation,
): Promise<string | undefined> {
  const [program = "/bin/sh", ...programArguments] = inputs.interpreter?.length
    ? inputs.interpreter
    : ["/bin/sh", "-c"];
  const stdin = inputs.stdin ?? "";

  if (operation.signal.aborted) return operation.signal.reason.message;
  const badFolder = await folderProblem(inputs.dir);
  if (badFolder !== undefined) return badFolder;

  try {
    const child = spawn(program, [...programArguments, command], {
      ...(inputs.dir !== undefined && { cwd: inputs.dir }),
      env: { ...process.env, ...inputs.environment, ...previousOutputVariables(inputs, previous) },
      stdio: [stdin === "" ? "ignore" : "pipe", "pipe", "pipe"],
    });
    return await ended(child, stdin, collector, operation);
  } catch (error) {
    return startProblem(error as NodeJS.ErrnoException, program);
  }
}

function ended(
  child: ChildProcess,
  stdin: string,
  collector: OutputCollector,
  { signal, abandoned }: Operation,
): Promise<string | undefined> {
  // Kills only the process itself; its children live on, and this waits for them if they hold the output open.
  const kill = () => child.kill("SIGKILL");
  // The second Ctrl-C: the engine ends its plugins by a SIGINT to their process group, which includes their commands.
  const interrupt = () => {
    if (signal.aborted) interruptOwnGroup();
  };
  // A killed plugin has closed its pipes; the command notices at its next write.
  const letGo = () => {
    interrupt();
    for (const stream of child.stdio) stream?.destroy();
  };

  return new Promise<string | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signalName) => resolve(exitProblem(code, signalName)));
    child.stdout?.on("data", (chunk: Buffer) => collector.write("stdout", chunk));
    child.stderr?.on("data", (chunk: Buffer) => collector.write("stderr", chunk));
    // A command may end without having read all of its input.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
    signal.addEventListener("abort", kill, { once: true });
    abandoned.addEventListener("abort", letGo, { once: true });
    process.once("exit", interrupt);
  }).finally(() => {
    process.off("exit", interrupt);
    signal.removeEventListener("abort", kill);
    abandoned.removeEventListener("abort", letGo);
  });
}

/** Does nothing if this process leads no group, because the group then belongs to another process. */
function interruptOwnGroup(): void {
  try {
    process.kill(-process.pid, "SIGINT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function exitProblem(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `signal: ${signalNames[signal] ?? `signal ${constants.signals[signal]}`}`;
  return code === 0 ? undefined : `exit status ${code}`;
}

/** Node reports a missing folder as a missing program, so the folder is checked first. */
async function folderProblem(dir: string | undefined): Promise<string | undefined> {
  if (dir === undefined) return undefined;
  try {
    await stat(dir);
    return undefined;
  } catch (error) {
    return `chdir ${dir}: ${errorName(error as NodeJS.ErrnoException)}`;
  }
}

function startProblem(error: NodeJS.ErrnoException, program: string): string {
  if (error.code === "ENOENT" && !program.includes("/"))
    return `exec: "${program}": executable file not found in $PATH`;
  return `fork/exec ${program}: ${errorName(error)}`;
}

function errorName(error: NodeJS.ErrnoException): string {
  return errorNames[error.code ?? ""] ?? error.message;
}

const errorNames: Record<string, string> = {
  E2BIG: "argument list too long",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOEXEC: "exec format error",
  ENOTDIR: "not a directory",
};

/** Go's names. */
const signalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGALRM: "alarm clock",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
  SIGUSR1: "user defined signal 1",
  SIGUSR2: "user defined signal 2",
};
