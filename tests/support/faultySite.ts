import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ReleaseManifest } from "../../files/release/manifest.ts";
import { type Ended, run } from "./command.ts";
import { type TestHost, testHost } from "./host.ts";
import { releaseText } from "./release.ts";

/** A variation of a release: what its services do, or what its manifest has. */
export interface Variation {
  /** What the service `web` runs. Default: it is ready, and stays. */
  web?: string;
  image?: string;
  manifest?: Partial<ReleaseManifest>;
}

/** What happens instead of a Docker command, as lines of a shell script. `$PPID` is site-apply. */
export type Instead = string;

/** The words of Docker's client when its engine has stopped. */
export const ENGINE_STOPPED =
  "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; exit 1";
/** The next lines happen only at the first such command. */
export const ONCE = 'if mkdir "$0.once" 2>/dev/null; then :; else exec "$real" "$@"; fi';
/** A power failure, as far as the run is concerned. */
export const KILLED = "kill -9 $PPID; exit 1";

/** A site with the services `web` and `side`, whose releases differ in their version, and Docker's client with faults. */
export class FaultySite {
  readonly project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  readonly host: TestHost;
  readonly root: string;
  private readonly image: string;
  private readonly real = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();

  constructor(image: string) {
    this.image = image;
    this.host = testHost();
    this.root = this.host.layout.root ?? "";
    this.host.limit({ addresses_known_after: 0, ready_within: 3, ask_within: 2, answer_within: 10 });
    mkdirSync(`${this.host.folder}/bin`);
  }

  /** The text of the release of a version. */
  text(version: string, { web = "touch /tmp/ready; exec sleep 1000", image, manifest }: Variation = {}): string {
    const service = (command: string) => ({
      image: image ?? this.image,
      entrypoint: ["sh", "-c", command],
      environment: { VERSION: version },
      stop_signal: "SIGKILL",
      networks: ["inner"],
      healthcheck: { test: ["CMD", "test", "-e", "/tmp/ready"], start_period: "60s" },
    });
    const check = { profiles: ["check"], image: this.image, network_mode: "none", entrypoint: ["true"] };
    const services = { web: service(web), side: service("touch /tmp/ready; exec sleep 1000"), "web-check": check };
    return releaseText(
      {
        release: version,
        project: this.project,
        images: [{ reference: image ?? this.image, size_mib: 1 }],
        networks: ["inner"],
        services: [{ name: "web", prepare: [["true"]], smoke_test: ["test", "-e", "/tmp/ready"] }, { name: "side" }],
        ...manifest,
      },
      `${JSON.stringify({ services, networks: { inner: { internal: true } } })}\n`,
    );
  }

  release(version: string, variation?: Variation, env?: NodeJS.ProcessEnv): Promise<Ended> {
    return this.host.apply("release", this.text(version, variation), env);
  }

  /**
   * Variables with which site-apply uses a client of Docker that fails.
   * @param when which commands fail: the number of one, of one and all after it (`5+`), or a pattern of the shell for its words
   */
  faulty(when: string, instead: Instead): NodeJS.ProcessEnv {
    const here = this.host.folder;
    rmSync(`${here}/asked`, { force: true });
    rmSync(`${here}/bin/docker.once`, { recursive: true, force: true });
    const condition = /^\d+\+?$/.test(when)
      ? `[ "$number" -${when.endsWith("+") ? "ge" : "eq"} ${Number.parseInt(when, 10)} ]`
      : `case "$*" in ${when}) ;; *) false ;; esac`;
    writeFileSync(
      `${here}/bin/docker`,
      `#!/bin/sh\necho "$*" >>'${here}/asked'\nnumber=$(wc -l <'${here}/asked')\nreal=${this.real}\nif ${condition}; then\n${instead}\nfi\nexec "$real" "$@"\n`,
      { mode: 0o755 },
    );
    return { PATH: `${here}/bin:${process.env.PATH}` };
  }

  /** The Docker commands of the last run with a client that may fail. */
  asked(): string[] {
    const file = `${this.host.folder}/asked`;
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** The version that runs: one if both services run it, otherwise what is there. */
  async runs(): Promise<string> {
    const states = await Promise.all(["web", "side"].map((name) => this.stateOf(name)));
    return [...new Set(states)].join(" and ");
  }

  private async stateOf(name: string): Promise<string> {
    const format = '{{.State.Status}} {{range .Config.Env}}{{if eq (slice . 0 2) "VE"}}{{.}}{{end}}{{end}}';
    const { code, output } = await run("docker", ["inspect", "--format", format, `${this.project}-${name}-1`]);
    if (code !== 0) return "nothing";
    const [, state = "", version = ""] = /^(\w+) (?:VERSION=(\w+))?/.exec(output) ?? [];
    return state === "running" ? version : state;
  }

  async docker(...words: string[]): Promise<string> {
    const { code, output } = await run("docker", words);
    assert.equal(code, 0, output);
    return output.trim();
  }

  async remove(): Promise<void> {
    await this.host.apply(["down", this.project]);
    this.host.remove();
  }
}
