import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "../../../offline/cloud/docker.ts";
import { type Cloud, openCloud } from "../../../offline/cloud/folder.ts";
import { containerOf } from "../../../offline/cloud/machines.ts";
import type { Google } from "../../../offline/google/server.ts";
import { attempt, run } from "../../../scripts/cli/command.ts";
import { Clone, type Outcome, withoutTestEnvironment } from "./clone.ts";
import { Work } from "./work.ts";

/** An event of the CLI about a resource. */
interface EngineEvent {
  /** The time of the event, in seconds since 1970. */
  timestamp: number;
  resourcePreEvent?: { metadata: { op: string; urn: string } };
  resOutputsEvent?: { metadata: { op: string; urn: string } };
  diagnosticEvent?: { message: string; severity: string };
}

/** The result of an `up`: its output, and its operation for each changed resource. */
export interface Applied extends Outcome {
  /** `update`, `create`, `delete` or `replace`, by the resource's name; without components. */
  plan: Record<string, string>;
  /** The duration of each operation, in whole seconds. */
  seconds: Record<string, number>;
}

const credentials = JSON.stringify({
  type: "service_account",
  client_email: "up@my-project-123456.iam.gserviceaccount.com",
});

export const cloudflareToken = "a-token-of-cloudflares-of-forty-characters";

/** Settings of a VM whose data may be deleted with its stack. */
export const onGoogle = {
  target: "gcp",
  project: "my-project-123456",
  sshFrom: ["127.0.0.1/32"],
  protectData: false,
};

/** Names of secrets in settings that are objects. */
const SECRETS = ["privateKey", "secretKey"];

/** An app that keeps files. */
export const appWithVolume = {
  name: "notes",
  image: "docker.io/traefik/whoami:v1.11.0",
  port: 80,
  volumes: ["/data"],
};

/** The work on a machine with that app and a database. @param on runs a command on the machine as root. */
export function workOf(on: (command: string) => Promise<string>): Work {
  return new Work(on, {
    project: "jupyter-up-lab",
    program: "/opt/jupyter-up/bin/site-apply",
    volume: "/srv/jupyter-up/apps/notes/data",
    databases: ["notebooks"],
  });
}

/** The same on this machine, for a stack of target local in a clone. */
export function workHere(clone: Clone, stack: string): Work {
  const folder = join(clone.folder, ".state", stack);
  return new Work((command) => run("A command on this machine", "sh", ["-c", command]), {
    project: `jupyter-up-${stack}`,
    program: `${folder}/site/bin/site-apply`,
    volume: `${folder}/data/apps/notes/data`,
    databases: ["notebooks"],
  });
}

/** A stack with its own clone and its own fake cloud. */
export class CloudStack {
  readonly clone: Clone;
  readonly cloud: Cloud;
  /** The settings, which `write` writes to the stack's file. */
  readonly settings: Record<string, unknown>;
  private readonly stack = "lab";

  private constructor(clone: Clone, cloud: Cloud, settings: Record<string, unknown>) {
    this.clone = clone;
    this.cloud = cloud;
    this.settings = settings;
  }

  static async make(settings: Record<string, unknown>): Promise<CloudStack> {
    const cloud = openCloud(await mkdtemp(join(tmpdir(), "e2e-cloud-")));
    const made = new CloudStack(await Clone.make(), cloud, {
      domain: "lab.example.com",
      dns: "none",
      database: false,
      allow: ["you@example.com"],
      signIn: { provider: "dex", users: [{ email: "you@example.com", name: "You" }] },
      ...settings,
    });
    await made.write();
    const { code, text } = await made.pulumi("stack", "init", made.stack);
    if (code !== 0) throw new Error(text);
    return made;
  }

  /** Changes settings; keys in them are set as secrets. */
  async write(changes: Record<string, unknown> = {}): Promise<void> {
    Object.assign(this.settings, changes);
    const secrets: (readonly [path: string, value: string])[] = [];
    const settings = Object.fromEntries(
      Object.entries(this.settings).map(([key, value]) => {
        if (!isObject(value)) return [key, value];
        const isSecret = ([name]: [string, unknown]) => SECRETS.includes(name);
        secrets.push(
          ...Object.entries(value)
            .filter(isSecret)
            .map(([name, secret]) => [`${key}.${name}`, secret] as const),
        );
        return [key, Object.fromEntries(Object.entries(value).filter((each) => !isSecret(each)))];
      }),
    );
    await this.clone.configure(this.stack, settings);
    for (const [path, value] of secrets) {
      const file = join(this.cloud.folder, "private-key");
      await writeFile(file, value, { mode: 0o600 });
      const { code, text } = await this.type(`pulumi config set --secret --path ${path} <'${file}'`);
      if (code !== 0) throw new Error(text);
    }
  }

  /** Runs commands of sh that call `pulumi` on this stack, as a user types them. */
  type(commands: string): Promise<Outcome> {
    return this.clone.type(commands, { ...this.env(), PULUMI_STACK: this.stack });
  }

  /** The environment with credentials for its clouds. */
  env(): Record<string, string> {
    return {
      JUPYTER_UP_CLOUD: this.cloud.folder,
      GOOGLE_CREDENTIALS: credentials,
      CLOUDFLARE_API_TOKEN: process.env.CLOUDFLARE_API_TOKEN ?? cloudflareToken,
    };
  }

  /** `npm run pulumi -- ARGUMENTS` on this stack. */
  pulumi(...args: string[]): Promise<Outcome> {
    const ofStack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", this.stack];
    return this.clone.run(
      "npm",
      ["--silent", "run", "pulumi", "--", ...args, ...ofStack, "--non-interactive"],
      this.env(),
    );
  }

  /** Runs `pulumi up` with these settings changed. */
  async up(changes: Record<string, unknown> = {}): Promise<Applied> {
    await this.write(changes);
    const { code, text, stdout } = await this.pulumi("up", "--yes", "--skip-preview", "--json");
    const events = stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line): EngineEvent => JSON.parse(line));
    const said = events
      .flatMap(({ diagnosticEvent: said }) => (said && said.severity !== "debug" ? [said.message] : []))
      .join("");
    return { code, text: said || text, stdout, plan: planOf(events), seconds: secondsOf(events) };
  }

  /** Runs `pulumi up` and kills its engine once it prints this, as in a power failure. Then removes its lock. */
  async upUntil(said: RegExp): Promise<void> {
    const args = [
      "--silent",
      "run",
      "pulumi",
      "--",
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
      "--stack",
      this.stack,
    ];
    const env = { ...withoutTestEnvironment(), ...this.env() };
    const child = spawn("npm", args, { cwd: this.clone.folder, env, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((resolve) => child.once("close", resolve));
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      text += chunk;
      if (!said.test(text)) continue;
      process.kill(await engineBelow(child.pid ?? 0), "SIGKILL");
      break;
    }
    child.stdout.resume();
    await ended;
    if (!said.test(text)) throw new Error(`It never came to ${said}:\n${text}`);
    await this.pulumi("cancel", "--yes");
  }

  /** `npm run boost -- ARGUMENTS` on this stack, with Google's APIs as these. */
  boost(google: Google, ...args: string[]): Promise<Outcome> {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    // Google's library signs with the key, before it asks.
    const private_key = privateKey.export({ type: "pkcs8", format: "pem" });
    const GOOGLE_CREDENTIALS = JSON.stringify({ ...JSON.parse(credentials), private_key });
    const env = { ...this.env(), ...google.env, GOOGLE_CREDENTIALS };
    return this.clone.run("npm", ["--silent", "run", "boost", "--", "--stack", this.stack, ...args], env);
  }

  destroy(): Promise<Outcome> {
    return this.pulumi("destroy", "--yes", "--skip-preview");
  }

  async output(name: string): Promise<string> {
    const { code, text, stdout } = await this.pulumi("stack", "output", name, "--show-secrets");
    if (code !== 0) throw new Error(text);
    return stdout.trim();
  }

  /** Runs a command on a machine of the cloud like its console, without SSH and firewalls. */
  on(machine: string, command: string): Promise<string> {
    return docker("exec", containerOf(this.cloud, machine), "sh", "-c", command);
  }

  async remove(): Promise<void> {
    await this.clone.remove();
    await rm(this.cloud.folder, { recursive: true, force: true });
  }
}

/** The site's status for JupyterLab at an address: 302 to the sign-in, or 000 without an answer. */
export async function answerAt(address: string): Promise<string> {
  const name = "jupyter.lab.example.com";
  const { stdout } = await attempt("curl", [
    ...["--silent", "--insecure", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}"],
    ...["--header", "Sec-Fetch-Mode: navigate", "--header", "Accept: text/html"],
    ...["--resolve", `${name}:443:${address}`, `https://${name}/lab`],
  ]);
  return stdout;
}

/** The process ID of the Pulumi CLI among the descendants of a process. */
async function engineBelow(ancestor: number): Promise<number> {
  const rows = (await run("Looking for the engine", "ps", ["-eo", "pid=,ppid=,comm="])).trim().split("\n");
  const processes = rows.map((row) => row.trim().split(/\s+/));
  const family = [String(ancestor)];
  for (const parent of family)
    for (const [pid = "", ppid, command] of processes) {
      if (ppid !== parent) continue;
      if (command === "pulumi") return Number(pid);
      family.push(pid);
    }
  throw new Error("No engine runs.");
}

const isObject = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function planOf(events: EngineEvent[]): Record<string, string> {
  const plan: Record<string, string> = {};
  for (const { resourcePreEvent } of events) {
    const { op = "same", urn = "" } = resourcePreEvent?.metadata ?? {};
    const [, , type = "", name = ""] = urn.split("::");
    if (op === "same" || /(jupyter-up:index:\w+|pulumi:pulumi:Stack|^pulumi:providers:\w+)$/.test(type)) continue;
    plan[name] = /replace/.test(op) ? "replace" : op;
  }
  return plan;
}

function secondsOf(events: EngineEvent[]): Record<string, number> {
  const began: Record<string, number> = {};
  const seconds: Record<string, number> = {};
  for (const { resourcePreEvent, resOutputsEvent, timestamp } of events) {
    const { urn = "" } = (resourcePreEvent ?? resOutputsEvent)?.metadata ?? {};
    const [, , type = "", name = ""] = urn.split("::");
    if (type === "pulumi:pulumi:Stack") continue;
    if (resourcePreEvent) began[name] = timestamp;
    if (resOutputsEvent) seconds[name] = timestamp - (began[name] ?? timestamp);
  }
  return seconds;
}
