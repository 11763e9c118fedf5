import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { quoted } from "../../files/release/shellWords.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { show } from "../../scripts/move/show.ts";
import type { MovingSite } from "../../scripts/move/site.ts";
import { run } from "./command.ts";
import { rootSql } from "./rootSql.ts";
import { type RunningSite, runningSite } from "./runningSite.ts";
import { ask, visitor } from "./visitor.ts";

const everything = readFileSync(new URL("database.sql", import.meta.url), "utf8");
const names = ["nginx", "vouch", "jupyter", "mariadb", "notes", "site-history"];

/** A site on this machine, and how a move reaches it. */
export class MoveTestSite {
  readonly running: RunningSite;
  readonly stack: string;
  port = 0;
  /** The shell command line for a step; a test can interrupt it. */
  wrap = (line: string, _step: string) => line;

  /** @param more services besides the usual ones */
  constructor(stack: string, more: string[] = []) {
    this.running = runningSite([...names, ...more]);
    this.stack = stack;
  }

  get folder() {
    return this.running.host.folder;
  }

  /** The program of the site's machine. */
  get script() {
    return `${this.running.host.layout.root}/bin/site-apply`;
  }

  async release(changes: object = {}) {
    this.port ||= await freePort();
    return this.running.release({
      settings: {
        domain: "lab.example.com",
        allow: ["ann@example.com"],
        database: "true",
        history: { every: 15 },
        apps: [
          { name: "notes", image: "docker.io/traefik/whoami:v1.11.0", port: 80, volumes: ["/data"], database: true },
        ],
        ...changes,
      },
      layout: { httpsPort: this.port },
      secrets: { appDatabasePasswords: { notes: "secret-database-notes" }, appSecrets: {} },
    });
  }

  shown(): Promise<MovingSite> {
    const program = {
      line: (words: string[]) => this.wrap(["sh", this.script, ...words].map(quoted).join(" "), words[1] ?? ""),
    };
    return show({ stack: this.stack, isHere: true, program, env: {} });
  }

  sql = (text: string, database?: string) => rootSql(this.running, text, database);

  /** What a signed-in person, or a program, gets at a host name. */
  async answer(
    headers: Record<string, string> = { "sec-fetch-mode": "navigate", accept: "text/html" },
    label = "jupyter",
    method = "GET",
  ) {
    const host = `${label}.lab.example.com`;
    // Nobody can sign in at a closed site.
    const cookie = await visitor(() => this.port, "ann@example.com")
      .at(host)
      .catch(() => "");
    return ask(this.port, host, "/lab", { method, headers: { ...headers, cookie } });
  }

  /** Which page the door shows; "open" without one. */
  async page(): Promise<string> {
    const { status, body } = await this.answer();
    if (status !== 503) return "open";
    return /<title>(.*)<\/title>/.exec(body)?.[1] ?? body;
  }

  /** The rows and definitions of both databases, as dumps show them. */
  async databases(): Promise<string> {
    const { code, output } = await this.running.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"]);
    assert.equal(code, 0, output);
    const dumps = `${this.folder}/data/history/dumps`;
    const { output: text } = await run("sh", [
      "-c",
      `gunzip -c ${quoted(`${dumps}/notebooks/notebooks.sql.gz`)} ${quoted(`${dumps}/others/notes.sql.gz`)}`,
    ]);
    return text;
  }

  /** Every file of the work, with owner, mode, time and checksum. */
  async files(): Promise<string> {
    const list = `cd ${quoted(this.folder)} && for place in notebooks data/home data/apps/notes/data; do
      find $place -mindepth 1 -path notebooks/History -prune -o -path data/home/.cache -prune -o -printf '%p %y %m %U %G %n %l %T@\\n'
      find $place -type f -not -path 'notebooks/History/*' -not -path 'data/home/.cache/*' -exec sha256sum {} +
    done | sort`;
    const { code, output } = await run("sh", ["-c", list]);
    assert.equal(code, 0, output);
    return output;
  }

  /** Fills the site with files of each kind and databases. `bytes`: the size of the largest file. */
  async fill(bytes: number) {
    const notebooks = `${this.folder}/notebooks`;
    const odd = [Buffer.from("new\nline 🍷.ipynb"), Buffer.from([0xff, 0xfe, 0x2e, 0x74])];
    for (const name of odd) writeFileSync(Buffer.concat([Buffer.from(`${notebooks}/`), name]), "odd");
    mkdirSync(`${notebooks}/reports/empty`, { recursive: true });
    writeFileSync(`${notebooks}/a.ipynb`, '{"cells": []}');
    linkSync(`${notebooks}/a.ipynb`, `${notebooks}/reports/b.ipynb`);
    symlinkSync("/etc/passwd", `${notebooks}/link`);
    writeFileSync(`${notebooks}/large`, randomBytes(bytes));
    await run("truncate", ["--size", "200M", `${notebooks}/sparse`]);
    await run("chown", ["-hR", "1000:100", notebooks]);
    const home = await this.running.exec("jupyter", ["sh", "-c", "umask 077; mkdir -p ~/.ssh; echo key >~/.ssh/id"]);
    assert.equal(home.code, 0, home.output);
    writeFileSync(`${this.folder}/data/apps/notes/data/state`, "of the app");
    await this.sql(everything);
    await this.sql("CREATE TABLE pages (text TEXT); INSERT INTO pages VALUES ('🧀')", "notes");
  }

  async remove() {
    // A site that is closed is not taken down.
    await run("rm", ["-rf", `${this.folder}/data/moving`]);
    await this.running.remove();
  }
}
