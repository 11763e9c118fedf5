import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import serverName from "../../files/services/nginx/session/serverName.js";
import { run } from "../support/command.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { rootSql } from "../support/rootSql.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";

const SERVICES = ["mariadb", "jupyter", "people-hub", "people-proxy", "people-spawner", "site-history", "site-backup"];
const ann = "ann@example.com";
const bob = serverName("bob@example.com");

/** The homes need no running servers: the history and the backup read folders of the machine. */
describe("The backup of a site with a server for each person", () => {
  let site: RunningSite;
  let home: string;
  const database = `person_${bob}`;
  const sql = (text: string, name?: string) => rootSql(site, text, name);
  const apply = async (...words: string[]) => {
    const { code, output } = await site.host.apply(words);
    assert.equal(code, 0, output);
    return output;
  };

  beforeAll(async () => {
    site = runningSite(SERVICES);
    home = `${site.host.folder}/data/homes/${bob}`;
    const { code, output } = await site.release({
      settings: {
        people: "own",
        database: "true",
        allow: [ann, "bob@example.com"],
        history: { every: 15 },
        backup: { to: `${site.host.folder}/backup` },
      },
    });
    assert.equal(code, 0, output);
    await makeFirstBackup(site);
    mkdirSync(`${home}/work`, { recursive: true });
    writeFileSync(`${home}/work/a.ipynb`, "of bob");
    writeFileSync(`${home}/.bashrc`, "of bob, too");
    await run("chown", ["-R", "1000:100", home]);
    await sql(`CREATE DATABASE \`${database}\`; CREATE TABLE \`${database}\`.wines (name VARCHAR(20))`);
    await sql("INSERT INTO wines VALUES ('Riesling')", database);
  });
  afterAll(() => site?.remove());

  it("has each person's home and database", async () => {
    assert.equal((await site.exec("mariadb", ["sh", "/etc/mysql/conf.d/dump.sh", "now"])).code, 0);
    await apply("history");
    assert.match(await apply("backup"), /Backup: homes of .* is in the backup\./);
  });

  it("brings back a file of a person, which then belongs to the person", async () => {
    rmSync(`${home}/work/a.ipynb`);
    await apply("restore", `--path=homes/${bob}/work/a.ipynb`);
    assert.equal(readFileSync(`${home}/work/a.ipynb`, "utf8"), "of bob");
    assert.equal((await run("stat", ["--format", "%u:%g", `${home}/work/a.ipynb`])).output.trim(), "1000:100");
  });

  it("brings back everything after the work was lost", async () => {
    rmSync(home, { recursive: true });
    await sql(`DROP DATABASE \`${database}\``);
    await apply("restore");
    assert.equal(readFileSync(`${home}/.bashrc`, "utf8"), "of bob, too");
    assert.ok(existsSync(`${home}/work/a.ipynb`));
    assert.match(await sql("SELECT name FROM wines", database), /Riesling/);
  });
});
