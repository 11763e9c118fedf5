import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import bcrypt from "bcryptjs";
import { stringify } from "yaml";
import { freePort } from "../../support/freePort.ts";

/** The fake, or the program in `DEX_BINARY`, which must read the same configuration: the real Dex, for example. */
const command = process.env.DEX_BINARY
  ? [process.env.DEX_BINARY]
  : [process.execPath, join(import.meta.dirname, "..", "main.ts")];

export const password = "correct horse battery";
const hash = bcrypt.hashSync(password, 10);

export const clientId = "vouch";
export const clientSecret = "secret + of: the client";
export const redirectUri = "https://vouch.lab.test/auth";

/** A configuration with two clients and four users. */
export const goodConfig = (port: number, issuer: string) => ({
  issuer,
  storage: { type: "memory" },
  web: { http: `127.0.0.1:${port}`, headers: { "X-Frame-Options": "DENY" } },
  oauth2: { skipApprovalScreen: true },
  frontend: { issuer: "The lab", theme: "light" },
  staticClients: [
    { id: clientId, secret: clientSecret, name: "Vouch", redirectURIs: [redirectUri] },
    { id: "other", secret: "other secret", name: "Other", redirectURIs: ["https://other.lab.test/cb"] },
  ],
  enablePasswordDB: true,
  staticPasswords: [
    { email: "Ann@Lab.test", hash, username: "ann", userID: "1", name: "Ann A", preferredUsername: "annie" },
    { email: "bob@lab.test", hash, username: "bob", userID: "2", emailVerified: false, groups: ["staff"] },
    { email: "coded@lab.test", hash: Buffer.from(hash).toString("base64"), username: "coded", userID: "3" },
    { email: "cheap@lab.test", hash: bcrypt.hashSync(password, 4), username: "cheap", userID: "4" },
  ],
});

/** A running Dex. */
export class DexProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number | null>;
  #output = "";

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    child.stderr?.on("data", (chunk) => {
      this.#output += chunk;
    });
    this.#ended = once(child, "close").then(([code]) => code);
  }

  /** Starts it with this configuration (text is used unchanged), and returns before it is ready. */
  static async spawn(config: object | string, port: number): Promise<DexProcess> {
    const folder = await mkdtemp(join(tmpdir(), "dex-"));
    const file = join(folder, "config.yaml");
    await writeFile(file, typeof config === "string" ? config : stringify(config));
    const [program = "", ...first] = command;
    return new DexProcess(spawn(program, [...first, "serve", file]), folder, port);
  }

  /** Starts it with the valid configuration and waits until it answers. */
  static async start(issuer?: string): Promise<DexProcess> {
    const port = await freePort();
    const dex = await DexProcess.spawn(goodConfig(port, issuer ?? `http://127.0.0.1:${port}`), port);
    await dex.ready(issuer ? new URL(issuer).pathname.replace(/\/$/, "") : "");
    return dex;
  }

  /** Waits until it answers below this path. */
  async ready(base = ""): Promise<void> {
    for (let tries = 0; tries < 200 && this.#child.exitCode === null; tries++) {
      const answer = await fetch(`${this.url}${base}/healthz`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(25);
    }
    throw new Error(`Dex did not start:\n${this.output}`);
  }

  /** Everything it has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** The exit code, once it has ended by itself. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Stops it and deletes its folder. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    const code = await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
    return code;
  }
}
