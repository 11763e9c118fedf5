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

/** Runs until the command has ended and nobody holds its output open any more; returns what went wrong, in Go's words. */
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
  // Only the process itself is killed; what it has started lives on, and is waited for if it holds the output open.
  const kill = () => child.kill("SIGKILL");
  // The second Ctrl-C: the engine ends its plugins by a SIGINT to their process group, in which their commands are, too.
  const interrupt = () => {
    if (signal.aborted) interruptOwnGroup();
  };
  // A plugin that was killed has closed its pipes; the command notices when it next writes.
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

/** Nothing happens where this process leads no group, which is then somebody else's. */
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

/** Node reports a folder that is missing as a program that is missing, so the folder is looked at first. */
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
