import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { quoted } from "../../files/release/shellWords.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { show } from "../../scripts/move/show.ts";
import { type MovingSite, requireMovable } from "../../scripts/move/site.ts";
import { finish, move, undo } from "../../scripts/move/steps.ts";
import { run } from "../support/command.ts";
import { rootSql } from "../support/rootSql.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { ask, signedIn } from "../support/visitor.ts";

const isRoot = process.getuid?.() === 0;
const everything = readFileSync(new URL("../support/database.sql", import.meta.url), "utf8");
const names = ["nginx", "vouch", "dex", "jupyter", "mariadb", "notes", "site-history"];

/** A site of this machine, and how a move reaches it. */
class Site {
  readonly running: RunningSite = runningSite(names);
  readonly stack: string;
  port = 0;
  /** The shell command line for a step; a test can interrupt it. */
  wrap = (line: string, _step: string) => line;

  constructor(stack: string) {
    this.stack = stack;
  }

  get folder() {
    return this.running.host.folder;
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
    const script = `${this.running.host.layout.root}/bin/site-apply`;
    const program = {
      line: (words: string[]) => this.wrap(["sh", script, ...words].map(quoted).join(" "), words[1] ?? ""),
    };
    return show({ stack: this.stack, isHere: true, program, env: {} });
  }

  sql = (text: string, database?: string) => rootSql(this.running, text, database);

  /** What a signed-in person, or a program, gets at a host name. */
  answer(
    headers: Record<string, string> = { "sec-fetch-mode": "navigate", accept: "text/html" },
    label = "jupyter",
    method = "GET",
  ) {
    const cookie = signedIn("ann@example.com");
    return ask(this.port, `${label}.lab.example.com`, "/lab", { method, headers: { ...headers, cookie } });
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

  async remove() {
    await run("docker", ["ps", "--quiet"]);
    for (const folder of ["moving"]) await run("rm", ["-rf", `${this.folder}/data/${folder}`]);
    await this.running.remove();
  }
}

(isRoot ? describe : describe.skip)("A move", () => {
  const old = new Site("laptop");
  const next = new Site("cloud");
  const both = async () => ({ from: await old.shown(), to: await next.shown() });
  const notebooks = () => `${old.folder}/notebooks`;

  beforeAll(async () => {
    for (const site of [old, next]) {
      mkdirSync(`${site.folder}/notebooks`);
      const { code, output } = await site.release();
      assert.equal(code, 0, output);
    }
    const odd = [Buffer.from("new\nline 🍷.ipynb"), Buffer.from([0xff, 0xfe, 0x2e, 0x74])];
    for (const name of odd) writeFileSync(Buffer.concat([Buffer.from(`${notebooks()}/`), name]), "odd");
    mkdirSync(`${notebooks()}/reports/empty`, { recursive: true });
    writeFileSync(`${notebooks()}/a.ipynb`, '{"cells": []}');
    linkSync(`${notebooks()}/a.ipynb`, `${notebooks()}/reports/b.ipynb`);
    symlinkSync("/etc/passwd", `${notebooks()}/link`);
    writeFileSync(`${notebooks()}/large`, randomBytes(30_000_000));
    await run("truncate", ["--size", "200M", `${notebooks()}/sparse`]);
    await run("sh", ["-c", `chown -hR 1000:100 ${quoted(notebooks())}`]);
    assert.equal(
      (await old.running.exec("jupyter", ["sh", "-c", "umask 077; mkdir -p ~/.ssh; echo key >~/.ssh/id"])).code,
      0,
    );
    writeFileSync(`${old.folder}/data/apps/notes/data/state`, "of the app");
    await old.sql(everything);
    await old.sql("CREATE TABLE pages (text TEXT); INSERT INTO pages VALUES ('🧀')", "notes");
    await next.sql("CREATE TABLE pages (text TEXT); INSERT INTO pages VALUES ('a first start')", "notes");
  });
  afterAll(async () => {
    for (const site of [old, next]) await site.remove();
  });

  it("is refused for a site with work, and before anything changes", async () => {
    writeFileSync(`${next.folder}/notebooks/mine.ipynb`, "{}");
    const { from, to } = await both();
    assert.throws(
      () => requireMovable(from, to),
      /The site of cloud is not new\. It has, for example: notebooks\/mine\.ipynb/,
    );
    await run("rm", [`${next.folder}/notebooks/mine.ipynb`]);
    assert.equal(await old.page(), "open");
    assert.equal(await next.page(), "open");
  });

  it("brings every file and every row to the new site, and the old one says where it is", async () => {
    const before = { files: await old.files(), databases: await old.databases() };
    const sites = await both();
    requireMovable(sites.from, sites.to);
    await move(sites);
    assert.equal(await old.page(), "This site has moved");
    await until("the new site answers", async () => (await next.answer()).status === 200);
    assert.equal(await old.files(), before.files);
    // What the start of Jupyter writes is its own.
    const moved = (await next.files()).split("\n");
    assert.deepEqual(
      before.files.split("\n").filter((line) => !line.includes(" data/home") && !moved.includes(line)),
      [],
    );
    assert.equal(await next.databases(), before.databases);
    assert.equal((await next.running.exec("jupyter", ["cat", "/home/jovyan/.ssh/id"])).output, "key\n");
    assert.equal(await next.sql("SELECT three()"), "3");
  });

  it("shows people and programs on the old site where it has moved, at each host name", async () => {
    for (const label of ["jupyter", "notes", "vouch", "dex"]) {
      const page = await old.answer(undefined, label);
      assert.equal(page.status, 503, label);
      assert.equal(page.headers["retry-after"], "60");
      assert.match(page.body, new RegExp(`href="https://jupyter.lab.example.com:${next.port}"`));
      const api = await old.answer({ accept: "application/json", "sec-fetch-mode": "cors" }, label, "PUT");
      assert.equal(api.status, 503);
      const { message } = JSON.parse(api.body);
      assert.equal(message, `This site has moved to https://jupyter.lab.example.com:${next.port}. Nothing was saved.`);
    }
  });
  it("keeps the old site closed: a release, a check and its removal are refused, and a restart changes nothing", async () => {
    const { code, output } = await old.release({ allow: ["bob@example.com"] });
    assert.equal(code, 1);
    assert.match(output, /This site has moved to https.*npm run move -- --from laptop --to cloud --done/s);
    for (const words of [["check"], ["down", old.running.project]])
      assert.match((await old.running.host.apply(words)).output, /This site has moved to/);
    assert.equal((await old.running.host.apply(["move", "state"])).code, 3);
    assert.equal((await next.running.host.apply(["move", "state"])).code, 0);
    await run("docker", ["restart", await old.running.container("nginx")]);
    await until(
      "the old site shows its page",
      async () => (await old.page().catch(() => "")) === "This site has moved",
    );
  });

  it("is undone: the old site opens as it was, and the new one closes", async () => {
    writeFileSync(`${next.folder}/notebooks/later.ipynb`, "{}");
    const sites = await both();
    await undo(sites.from, sites.to);
    await until("the old site answers", async () => (await old.answer()).status === 200);
    assert.equal(await next.page(), "This site has moved");
    assert.ok(existsSync(`${next.folder}/notebooks/later.ipynb`));
    await assert.rejects(undo(await old.shown(), await next.shown()), /There is no such move of laptop to undo/);
  });

  it("can be repeated, and only what has changed is sent", async () => {
    writeFileSync(`${notebooks()}/a.ipynb`, '{"cells": [1]}');
    await old.sql("INSERT INTO wines (name) VALUES ('Silvaner')");
    const sites = await both();
    requireMovable(sites.from, sites.to);
    await move(sites);
    await until("the new site answers", async () => (await next.answer()).status === 200);
    assert.equal(existsSync(`${next.folder}/notebooks/later.ipynb`), false);
    assert.equal(readFileSync(`${next.folder}/notebooks/reports/b.ipynb`, "utf8"), '{"cells": [1]}');
    assert.match(await next.sql("SELECT name FROM wines"), /Silvaner/);
  });

  it("is finished: the old site can be taken down, or released again", async () => {
    await finish(await both());
    const { code, output } = await old.release();
    assert.equal(code, 0, output);
    await until("the old site answers", async () => (await old.answer()).status === 200);
    assert.equal((await old.running.host.apply(["move", "state"])).code, 0);
  });
});
