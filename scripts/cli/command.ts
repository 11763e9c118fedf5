import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { interrupt, interrupted } from "./interruption.ts";
import { PlainError } from "./plainError.ts";

/** Options of a command. */
export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment; undefined removes a variable. */
  env?: NodeJS.ProcessEnv;
  /** Its standard input; empty by default. */
  input?: string;
  /** Milliseconds after which it is killed; no limit by default. */
  timeout?: number;
}

/** How a command ended. */
export interface CommandResult {
  /** The exit code; 127 if the command does not exist, 124 if it took longer than its `timeout`. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end, whatever its exit code. Throws only when this process is interrupted. */
export async function attempt(command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  interrupted.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeout,
    // For the timeout: a command that hangs may ignore SIGTERM.
    killSignal: "SIGKILL",
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  // A command may end without reading its input; that is not an error here.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);

  const terminate = () => child.kill("SIGTERM");
  interrupted.addEventListener("abort", terminate, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      output.stderr += error.message;
      resolve(error.code === "ENOENT" ? 127 : 126);
    });
    child.on("close", (exitCode, signal) => {
      if (signal === "SIGINT") interrupt();
      // Without an interruption only the timeout kills it from here.
      resolve(child.killed ? 124 : (exitCode ?? 1));
    });
  });
  interrupted.removeEventListener("abort", terminate);
  interrupted.throwIfAborted();
  return { code, ...output };
}

/** Runs a command that must succeed and returns its standard output. `purpose` begins the error: "X failed". */
export async function run(
  purpose: string,
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, args, options);
  if (code === 0) return stdout;
  const said = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  throw new PlainError(
    `${purpose} failed: "${[command, ...args].join(" ")}" ended with exit code ${code}. The end of its output:`,
    said
      .slice(-15)
      .map((line) => `  ${line}`)
      .join("\n"),
  );
}

/** The path of an executable on PATH; undefined if there is none. Skips folders for which `skip` is true. */
export function findExecutable(name: string, skip: (folder: string) => boolean = () => false): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !skip(folder))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Whether `path` is a file that this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
