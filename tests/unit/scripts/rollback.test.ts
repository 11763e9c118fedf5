import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { readOptions } from "../../../scripts/rollback/options.ts";
import { beforeRunning, describe as describeReleases, type Releases } from "../../../scripts/rollback/releases.ts";

const lab = (tag: string) => `quay.io/jupyter/scipy-notebook:${tag}`;
const three: Releases = {
  running: "ccc",
  releases: [
    { release: "aaa", since: "", images: {} },
    { release: "bbb", since: "2026-11-27T08:00:59Z", images: { [lab("2026-08-17")]: "id-1", "mariadb:11.8": "id-2" } },
    { release: "ccc", since: "2026-11-28T21:03:05Z", images: { [lab("2026-08-24")]: "id-3", "mariadb:11.8": "id-2" } },
  ],
  rolled_back: null,
};

describe("The arguments of npm run rollback", () => {
  it("name a stack and a release", () => {
    assert.deepEqual(readOptions(["-s", "dev", "--to", "0123abcd", "--yes"]), {
      stack: "dev",
      to: "0123abcd",
      list: false,
      yes: true,
    });
    assert.deepEqual(readOptions([]), { stack: undefined, to: undefined, list: false, yes: false });
  });

  for (const args of [["--to", "../x"], ["--to", "a; b"], ["--list", "--to", "a"], ["--from", "a"], ["dev"]])
    it(`are refused with the usage: ${args.join(" ")}`, () => {
      assert.throws(() => readOptions(args), /npm run rollback -- \[-s STACK\]/);
    });
});

describe("The releases of a site", () => {
  it("are listed with the newest first, and what they changed", () => {
    assert.equal(
      describeReleases(three),
      [
        "ccc  2026-11-28 21:03 UTC  runs; new: scipy-notebook:2026-08-24",
        "bbb  2026-11-27 08:00 UTC  new: scipy-notebook:2026-08-17, mariadb:11.8",
        "aaa  time not known",
      ].join("\n"),
    );
  });

  it("show a rollback", () => {
    const rolled_back = { origin: "ccc", to: "bbb", at: "2026-11-28T22:00:00Z" };
    assert.match(
      describeReleases({ ...three, running: "bbb", rolled_back }),
      /^bbb .* runs again since 2026-11-28 22:00 UTC;/m,
    );
  });

  it("have one before the running one, unless that is the oldest", () => {
    assert.equal(beforeRunning(three), "bbb");
    assert.equal(beforeRunning({ ...three, running: "bbb" }), "aaa");
    assert.throws(() => beforeRunning({ ...three, running: "aaa" }), /There is no release before the running one/);
  });
});
