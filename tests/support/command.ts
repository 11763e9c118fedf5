import { spawn } from "node:child_process";

/** The exit code of a command and its two outputs. */
export interface Ended {
  code: number | null;
  output: string;
}

interface Options {
  /** Its standard input; null keeps it open for the test to write to. */
  input?: string | null;
  env?: NodeJS.ProcessEnv;
}

/** Starts a command, without a shell. */
export function start(command: string, args: string[], { input = "", env = {} }: Options = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  // The exit code tells of a command that ends without reading its input.
  child.stdin.on("error", () => {});
  if (input !== null) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, output }));
  });
  return { child, ended, said: () => output };
}

/** Runs a command to its end. */
export function run(...command: Parameters<typeof start>): Promise<Ended> {
  return start(...command).ended;
}
