import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { requireMovable } from "../../scripts/move/site.ts";
import { finish, move, undo } from "../../scripts/move/steps.ts";
import { run } from "../support/command.ts";
import { MoveTestSite } from "../support/moveTestSite.ts";
import { until } from "../support/until.ts";

const isRoot = process.getuid?.() === 0;

(isRoot ? describe : describe.skip)("A move", () => {
  const old = new MoveTestSite("laptop");
  const next = new MoveTestSite("cloud");
  const both = async () => ({ from: await old.shown(), to: await next.shown() });
  const notebooks = () => `${old.folder}/notebooks`;

  beforeAll(async () => {
    for (const site of [old, next]) {
      mkdirSync(`${site.folder}/notebooks`);
      const { code, output } = await site.release();
      assert.equal(code, 0, output);
    }
    await old.fill(30_000_000);
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
      before.files.split("\n").filter((line) => !line.includes("data/home") && !moved.includes(line)),
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
