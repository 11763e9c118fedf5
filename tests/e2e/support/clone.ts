import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { onTerminal, type Seen, type TerminalOptions } from "../../support/terminal.ts";
import { copyTrackedFiles } from "../../support/trackedFiles.ts";
import { oddEnvironment, oddName } from "./oddEnvironment.ts";

const run = promisify(execFile);
const checkout = new URL("../../..", import.meta.url).pathname;
const TEN_MINUTES = 600_000;

/** The output and exit code of a command. */
export interface Outcome {
  code: number;
  /** Standard output and standard error, each in order. */
  text: string;
  /** Standard output alone. */
  stdout: string;
}

/** A copy of this checkout like a clone with packages installed, as after `git clone && npm ci`. */
export class Clone {
  readonly folder: string;
  /** The folder around it, with no other content than a test's. */
  readonly outside: string;
  /** The time limit of a command, in milliseconds. */
  patience = TEN_MINUTES;
  private readonly environment: Record<string, string>;

  private constructor(parent: string, name: string, environment: Record<string, string>) {
    this.outside = parent;
    this.folder = join(parent, name);
    this.environment = environment;
  }

  /** @param odd whether its folder has an odd name, and the shell and Docker's client have another project's settings */
  static async make({ odd = false } = {}): Promise<Clone> {
    const parent = await mkdtemp(join(tmpdir(), "jupyter-up-"));
    const clone = new Clone(parent, odd ? oddName : "clone", odd ? await oddEnvironment(parent) : {});
    const { folder } = clone;
    await mkdir(folder);
    await copyTrackedFiles(folder);
    // Packages are never changed. Behind a link, their paths stay the same, by which Node finds their compiled code.
    const packages = join(folder, "node_modules");
    if (odd) await run("cp", ["-al", join(checkout, "node_modules"), packages]);
    else await symlink(join(checkout, "node_modules"), packages);
    await run("git", ["init", "--quiet"], { cwd: folder });
    // Git ignores node_modules as a folder only.
    await writeFile(join(folder, ".git/info/exclude"), "/node_modules\n");
    await run("git", ["add", "--all"], { cwd: folder });
    await run(
      "git",
      ["-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "clone"],
      {
        cwd: folder,
      },
    );
    return clone;
  }

  /** Runs `npm run` (or `npm start`, `npm stop`) in the clone like a user, without a terminal. */
  npm(...args: string[]): Promise<Outcome> {
    return this.run("npm", ["--silent", ...args]);
  }

  /** Runs `npm run` on a terminal of this width. */
  npmOnTerminal(terminal: Pick<TerminalOptions, "columns" | "type">, ...args: string[]): Promise<Seen> {
    const env = { ...withoutTestEnvironment(), ...this.environment };
    return onTerminal(["npm", "--silent", ...args], { ...terminal, cwd: this.folder, env });
  }

  /** `npm run pulumi -- ARGUMENTS` */
  pulumi(...args: string[]): Promise<Outcome> {
    return this.npm("run", "pulumi", "--", ...args);
  }

  /** Runs commands of sh that call `pulumi`, as a user types them; `up` asks nothing. */
  type(commands: string, env: Record<string, string> = {}): Promise<Outcome> {
    const pulumi =
      'pulumi() { if [ "$1" = up ]; then set -- up --yes --skip-preview; fi; npm --silent run pulumi -- "$@"; }';
    return this.run("sh", ["-ec", `${pulumi}\n${commands}`], env);
  }

  async run(command: string, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    try {
      const { stdout, stderr } = await run(command, args, {
        cwd: this.folder,
        env: { ...withoutTestEnvironment(), ...this.environment, ...env },
        timeout: this.patience,
        maxBuffer: 64 << 20,
      });
      return { code: 0, text: stdout + stderr, stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
      return { code: code ?? 1, text: stdout + stderr, stdout };
    }
  }

  /** A stack output as plain text, even if it is secret. */
  async output(name: string): Promise<string> {
    const { code, text, stdout } = await this.pulumi("stack", "output", name, "--show-secrets");
    if (code !== 0) throw new Error(text);
    return stdout.trim();
  }

  /** Changed and untracked files by `git status --short`; empty if there are none. */
  async changes(): Promise<string> {
    const { stdout } = await run("git", ["status", "--short"], { cwd: this.folder });
    return stdout;
  }

  /** Writes the settings of a stack. */
  async configure(stack: string, settings: Record<string, unknown>): Promise<void> {
    const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`jupyter-up:${key}`, value]));
    await writeFile(join(this.folder, `Pulumi.${stack}.yaml`), stringify({ config }, { compat: "yaml-1.1" }));
  }

  read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  async remove(): Promise<void> {
    await rm(this.outside, { recursive: true, force: true });
  }
}

/** The environment of a user, without the test run's variables, so that the scripts detect everything themselves. */
export function withoutTestEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|JUPYTER_UP_|JEST_)/.test(name));
  return Object.fromEntries(kept);
}
