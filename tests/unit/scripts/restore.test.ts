import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "@jest/globals";
import { siteProgram } from "../../../scripts/machine/siteProgram.ts";
import { momentOf } from "../../../scripts/restore/moment.ts";
import { readOptions } from "../../../scripts/restore/options.ts";

/** Saturday, in the time zone of the test. */
const now = new Date(2026, 10, 28, 14, 30, 15);

describe("A time to restore", () => {
  const rows: [text: string, expected: Date][] = [
    ["now", now],
    ["yesterday 18:00", new Date(2026, 10, 27, 18, 0, 0)],
    ["Yesterday", new Date(2026, 10, 27, 23, 59, 59)],
    ["today 9:05", new Date(2026, 10, 28, 9, 5, 0)],
    ["3 hours ago", new Date(now.getTime() - 3 * 3_600_000)],
    ["1 week ago", new Date(now.getTime() - 7 * 24 * 3_600_000)],
    ["2026-11-20", new Date(2026, 10, 20, 23, 59, 59)],
    ["2026-11-20 07:15", new Date(2026, 10, 20, 7, 15, 0)],
    ["2026-11-20T07:15:30", new Date(2026, 10, 20, 7, 15, 30)],
    // The name of a folder in the history.
    ["2026-11-20 07.15", new Date("2026-11-20T07:15:00Z")],
    ["2026-11-20 07.15.30", new Date("2026-11-20T07:15:30Z")],
    ["2026-11-20T07:15:00+02:00", new Date("2026-11-20T05:15:00Z")],
  ];
  for (const [text, expected] of rows)
    it(`may be "${text}"`, () => {
      assert.deepEqual(momentOf(text, now), expected);
    });

  for (const text of [
    "",
    "tomorrow",
    "18:00",
    "2026-11-31",
    "2026-13-01",
    "yesterday 25:00",
    "x ago",
    "2026-11-20 07.61",
  ])
    it(`is refused as "${text}", with examples`, () => {
      assert.throws(() => momentOf(text, now), /is no time that is understood\..*--at "yesterday 18:00"/s);
    });
});

describe("The arguments of npm run restore", () => {
  it("become those of the host's program, with the time in UTC", () => {
    const args = [
      "-s",
      "dev",
      "--at",
      "2026-11-20T07:15:00Z",
      "--path",
      "notebooks/-a.ipynb",
      "--into",
      "old",
      "--from=lab",
      "--yes",
    ];
    assert.deepEqual(readOptions(args, now), {
      stack: "dev",
      words: ["--at", "2026-11-20T07:15:00", "--path=notebooks/-a.ipynb", "--into=old", "--from=lab"],
      yes: true,
    });
  });

  it("mean the present moment without a time, so that what is restored is what was shown", () => {
    const { stack, words, yes } = readOptions([], new Date("2026-11-28T12:00:01.500Z"));
    assert.deepEqual([stack, words, yes], [undefined, ["--at", "2026-11-28T12:00:01"], false]);
  });

  it("are refused if one is unknown, and explained", () => {
    for (const args of [["--form", "x"], ["notebooks/a.ipynb"], ["--at"]])
      assert.throws(() => readOptions(args, now), /npm run restore -- .*--path {4}notebooks\/a\.ipynb/s);
  });
});

describe("The command line of a site's program", () => {
  const words = ["restore", "--path=notebooks/it's $HOME.ipynb"];

  it("runs it in the checkout for a site on this machine", () => {
    const line = siteProgram("local", undefined).line(words).replace(/^'sh'/, "printf '%s\\n'");
    const [script, ...rest] = execFileSync("sh", ["-c", line], { encoding: "utf8" }).trimEnd().split("\n");
    assert.match(script ?? "", /\/\.state\/local\/site\/bin\/site-apply$/);
    assert.deepEqual(rest, words);
  });

  it("runs it as root on another machine, through the command that opens a shell there", () => {
    const line = siteProgram("dev", "printf '%s\\n' ubuntu@203.0.113.7").line(words);
    const [host, remote = ""] = execFileSync("sh", ["-c", line], { encoding: "utf8" }).trimEnd().split("\n");
    assert.equal(host, "ubuntu@203.0.113.7");
    assert.match(remote, /^\$\(\[ "\$\(id -u\)" = 0 \] \|\| echo sudo -n\) 'sh' /);
    const told = remote.replace(/^\$\(.*sudo -n\) 'sh'/, "printf '%s\\n'");
    assert.deepEqual(execFileSync("sh", ["-c", told], { encoding: "utf8" }).trimEnd().split("\n"), [
      "/opt/jupyter-up/bin/site-apply",
      ...words,
    ]);
  });
});
