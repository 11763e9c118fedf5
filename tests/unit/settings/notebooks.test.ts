import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, relative } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { checkout } from "../../../settings/checkout.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith } from "../../support/settings.ts";

const messageFor = (notebooks: string) => {
  const { issues } = readSettings(configWith({ notebooks }));
  return issues.map(({ message }) => message.split("\n")[0]).join();
};
const own = "belongs to this program; name another folder.";

describe("The notebooks folder", () => {
  let outside: string;
  beforeAll(() => {
    outside = mkdtempSync("/tmp/notebooks-");
    symlinkSync(`${checkout}/files`, `${outside}/to-files`);
    symlinkSync("loop", `${outside}/loop`);
    mkdirSync(`${outside}/real`);
    symlinkSync(`${outside}/real`, `${outside}/to-real`);
  });
  afterAll(() => rmSync(outside, { recursive: true }));

  it("cannot be a folder that git tracks, because notebooks could then change the program", () => {
    const tracked = execFileSync("git", ["ls-files"], { cwd: checkout, encoding: "utf8" }).split("\n");
    const folders = new Set(tracked.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? ""));
    assert.ok(folders.size > 5);
    for (const folder of [...folders, "node_modules", ".git", ".state"])
      for (const way of [folder, `./${folder}/new`, `${checkout}/${folder}`, folder.toUpperCase()])
        assert.equal(messageFor(way), `${JSON.stringify(way)} ${own}`);
  });

  it("cannot contain this checkout, however its path is written", () => {
    for (const way of [checkout, `${checkout}/`, dirname(checkout), `${checkout}/./`])
      assert.equal(messageFor(way), `${JSON.stringify(way)} contains this program; name a separate folder.`);
  });

  it("cannot be reached through a symbolic link", () => {
    assert.equal(messageFor(`${outside}/to-files`), `"${outside}/to-files" ${own}`);
    assert.equal(messageFor(`${outside}/to-files/new`), `"${outside}/to-files/new" ${own}`);
  });

  it("may be any other folder, in the checkout or elsewhere, existing or not", () => {
    for (const folder of [
      "notebooks",
      "work",
      "my-files/a",
      `${outside}/new/a`,
      `${outside}/to-real`,
      `${outside}/loop`,
      "~/work",
    ])
      assert.equal(messageFor(folder), "", folder);
    const fromHome = relative(homedir(), checkout);
    if (!fromHome.startsWith("..")) assert.match(messageFor(`~/${fromHome}/files`), /own; name another one/);
  });
});
