import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { findPulumiCli } from "../../../scripts/pulumi/pulumiCli.ts";

/** The real CLI, if it is installed. */
export const cli = await findPulumiCli();
export const skip = cli === undefined && "there is no Pulumi CLI yet: `npm start` fetches it";

/** A program, a backend and a server of fakes for the real engine, in a separate folder. */
export interface TrialStack {
  folder: string;
  /** The environment in which `pulumi` runs there. */
  env: NodeJS.ProcessEnv;
  /** Runs `pulumi` there to its end, without questions. `text` is its whole output. */
  pulumi(...args: string[]): Promise<{ code: number; text: string }>;
  remove(): Promise<void>;
}

/**
 * @param program file next to this one that is the stack's program, or what puts a whole project into the folder
 * @param environment variables of the CLI and of the server, by the folder
 */
export async function trialStack(
  program: string | ((folder: string) => Promise<unknown>),
  environment: (folder: string) => NodeJS.ProcessEnv = () => ({}),
): Promise<TrialStack> {
  const folder = await mkdtemp(join(tmpdir(), "trial-stack-"));
  await mkdir(join(folder, "backend"));
  await (typeof program === "string" ? writeProject(folder, program) : program(folder));
  await symlink(join(import.meta.dirname, "../../../node_modules"), join(folder, "node_modules"));
  const variables = { ...process.env, ...environment(folder) };
  const server = spawn(process.execPath, [join(import.meta.dirname, "../main.ts")], {
    env: variables,
    cwd: folder,
    // A separate process group, as a plugin has: a Ctrl-C in the tests' terminal must not reach it.
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [addresses] = await firstLine(server);
  const env = {
    ...variables,
    PATH: [dirname(cli?.command ?? ""), dirname(process.execPath), process.env.PATH].join(delimiter),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_STACK: "dev",
    PULUMI_DEBUG_PROVIDERS: addresses,
  };
  return {
    folder,
    env,
    pulumi: (...args) =>
      new Promise((resolve) => {
        const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
        execFile(cli?.command ?? "", [...args, "--non-interactive"], options, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
        );
      }),
    async remove() {
      server.stdin?.end();
      await rm(folder, { recursive: true });
    },
  };
}

async function writeProject(folder: string, program: string): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "trial", type: "module", private: true }));
  await writeFile(
    join(folder, "Pulumi.yaml"),
    "name: trial\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n",
  );
  await copyFile(join(import.meta.dirname, "..", program), join(folder, "index.ts"));
}

/** The first line that a server prints, and the growing list of all its lines. */
export function firstLine(server: ChildProcess): Promise<[string, string[]]> {
  if (server.stdout === null) throw new Error("The server has no output.");
  const printed = createInterface({ input: server.stdout });
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    printed.on("line", (line) => {
      lines.push(line);
      resolve([line, lines]);
    });
    server.once("close", () => reject(new Error("The server ended without an address.")));
  });
}
