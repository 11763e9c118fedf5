import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";

const docker = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();

/**
 * The most Docker commands of a release without changes. On the smallest machine, a command takes 0.1 s of processor time, and one of
 * Compose 1 s. Commands that are repeated until a service is ready are missing.
 */
const most: Record<string, number> = {
  context: 1,
  info: 1,
  // The owner, two ports, the announcement, and the containers before and after `up`.
  ps: 6,
  // Missing ones, those of containers, and those that are recorded for `verify`.
  image: 3,
  network: 3,
  "compose config": 2,
  "compose run": 1,
  "compose up": 1,
};
const repeated = ["exec", "inspect"];

describe("A release without changes", () => {
  let site: RunningSite;
  beforeAll(() => {
    site = runningSite(["nginx", "vouch"]);
  });
  afterAll(() => site.remove());

  it("uses few Docker commands", async () => {
    const { secrets, release } = await site.bundle();
    assert.deepEqual(await site.host.apply("secrets", secrets), { code: 0, output: "" });
    const first = await site.host.apply("release", release);
    assert.equal(first.code, 0, first.output);
    const { folder } = site.host;
    mkdirSync(`${folder}/bin`);
    const script = `#!/bin/sh\necho "$*" >>'${folder}/asked'\nexec '${docker}' "$@"\n`;
    writeFileSync(`${folder}/bin/docker`, script, { mode: 0o755 });
    const second = await site.host.apply("release", release, { PATH: `${folder}/bin:${process.env.PATH}` });
    assert.equal(second.code, 0, second.output);
    assert.match(second.output, /^nginx: keeps running$/m);

    const counts: Record<string, number> = {};
    for (const line of site.host.read("../asked").trim().split("\n")) {
      const [word = ""] = line.split(" ");
      const kind = word === "compose" ? `compose ${/ (config|run|up|version) /.exec(`${line} `)?.[1]}` : word;
      if (!repeated.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
    }
    const more = Object.entries(counts).filter(([kind, count]) => count > (most[kind] ?? 0));
    assert.deepEqual(more, []);
    assert.equal(counts.info, 1, "the commands were recorded");
  });
});
