import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import serverName from "../../files/services/nginx/session/serverName.js";
import { requireMovable } from "../../scripts/move/site.ts";
import { move } from "../../scripts/move/steps.ts";
import { run } from "../support/command.ts";
import { MoveTestSite } from "../support/moveTestSite.ts";

const isRoot = process.getuid?.() === 0;
const bob = serverName("bob@example.com");
const database = `person_${bob}`;
const services = ["people-hub", "people-proxy", "people-spawner"];

(isRoot ? describe : describe.skip)("A move of a site with a server for each person", () => {
  const [old, next] = ["laptop", "cloud"].map((stack) => new MoveTestSite(stack, services)) as [
    MoveTestSite,
    MoveTestSite,
  ];
  const home = ({ folder }: MoveTestSite) => `${folder}/data/homes/${bob}`;

  beforeAll(async () => {
    for (const site of [old, next]) {
      mkdirSync(`${site.folder}/notebooks`);
      const { code, output } = await site.release({ people: "own", allow: ["ann@example.com", "bob@example.com"] });
      assert.equal(code, 0, output);
    }
    mkdirSync(`${home(old)}/work`, { recursive: true });
    writeFileSync(`${home(old)}/work/a.ipynb`, "of bob");
    await run("chown", ["-R", "1000:100", home(old)]);
    await old.sql(`CREATE DATABASE \`${database}\`; CREATE TABLE \`${database}\`.wines (name VARCHAR(20))`);
    await old.sql("INSERT INTO wines VALUES ('Riesling')", database);
  });
  afterAll(async () => {
    for (const site of [old, next]) await site.remove();
  });

  it("brings each person's home and database to the new site", async () => {
    const sites = { from: await old.shown(), to: await next.shown() };
    requireMovable(sites.from, sites.to);
    await move(sites);
    assert.equal(await old.page(), "This site has moved");
    assert.equal(readFileSync(`${home(next)}/work/a.ipynb`, "utf8"), "of bob");
    const { output } = await run("stat", ["--format", "%u:%g", `${home(next)}/work/a.ipynb`]);
    assert.equal(output.trim(), "1000:100");
    assert.match(await next.sql("SELECT name FROM wines", database), /Riesling/);
  });
});
