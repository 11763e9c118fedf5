import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { freePort } from "../../support/freePort.ts";

/** The fake, or the program in `VOUCH_BINARY`, which must read the same configuration: the real Vouch, for example. */
const command = process.env.VOUCH_BINARY
  ? [process.env.VOUCH_BINARY]
  : [process.execPath, join(import.meta.dirname, "..", "main.ts")];

export interface Answer {
  /** 0 if the connection was closed without an answer. */
  status: number;
  headers: IncomingHttpHeaders;
  /** Names and values as received, in order. */
  rawHeaders: string[];
  body: string;
}

/** A request in the contract's notation. */
export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
}

/** A running Vouch with its own configuration and folder. */
export class VouchProcess {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #output = "";

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
    child.stdout?.on("data", (chunk) => {
      this.#output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      this.#output += chunk;
    });
    this.#ended = once(child, "close").then(([code, signal]) => code ?? (signal === "SIGTERM" ? 143 : null));
  }

  /** Starts it with this configuration (text is used unchanged) on a free port, and returns before it is ready. */
  static async spawn(
    config: object | string,
    options: { args?: string[]; env?: Record<string, string>; port?: number } = {},
  ): Promise<VouchProcess> {
    const folder = await mkdtemp(join(tmpdir(), "vouch-"));
    await writeFile(join(folder, "config.yml"), typeof config === "string" ? config : stringify(config));
    const port = options.port ?? (await freePort());
    const [program = "", ...first] = command;
    const child = spawn(program, [...first, "-port", String(port), ...(options.args ?? [])], {
      env: {
        PATH: process.env.PATH,
        VOUCH_CONFIG: join(folder, "config.yml"),
        VOUCH_ROOT: folder,
        ...options.env,
      },
    });
    return new VouchProcess(child, port, folder);
  }

  /** Starts it and waits until it answers. */
  static async start(...args: Parameters<typeof VouchProcess.spawn>): Promise<VouchProcess> {
    const vouch = await VouchProcess.spawn(...args);
    await vouch.ready();
    return vouch;
  }

  /** Everything it has printed so far. */
  get output(): string {
    return this.#output;
  }

  async ready(): Promise<void> {
    for (let tries = 0; tries < 200 && this.#child.exitCode === null; tries++) {
      const { status } = await this.ask({ method: "GET", path: "/healthcheck", headers: {} });
      if (status === 200) return;
      await sleep(25);
    }
    throw new Error(`Vouch did not start:\n${this.#output}`);
  }

  /** Sends one request, unchanged, over a new connection. */
  ask({ method, path, headers }: Asked): Promise<Answer> {
    return new Promise((resolve) => {
      const closed = { status: 0, headers: {}, rawHeaders: [], body: "" };
      const sent = request({ host: "127.0.0.1", port: this.port, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", () => resolve(closed));
        response.on("end", () => {
          const { statusCode: status = 0, headers, rawHeaders } = response;
          resolve({ status, headers, rawHeaders, body: Buffer.concat(chunks).toString("utf8") });
        });
      });
      sent.on("error", () => resolve(closed));
      sent.end();
    });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask({ method: "GET", path, headers });
  }

  /** The exit code, once it has ended by itself; 143 also stands for SIGTERM. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Stops it and deletes its folder. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    const code = await this.#ended;
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }
}
