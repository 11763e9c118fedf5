import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { engineAnswers, webAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { releaseText } from "../../support/release.ts";

describe("A message of site-apply", () => {
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
    mkdirSync(`${host.folder}/bin`);
  });
  afterEach(() => host.remove());

  /** Releases with a fake docker that prints a text and fails when it reads compose.yaml. */
  async function saidBy(words: string | Buffer) {
    writeFileSync(`${host.folder}/words`, words);
    writeFileSync(
      `${host.folder}/bin/docker`,
      `#!/bin/sh\ncase "$*" in ${engineAnswers} *" config "*) cat '${host.folder}/words'; exit 1 ;; esac\n`,
    );
    chmodSync(`${host.folder}/bin/docker`, 0o755);
    const { output } = await host.apply("release", releaseText({}), { PATH: `${host.folder}/bin:${process.env.PATH}` });
    return { output, logged: host.log().replace(/^\S+ /, "") };
  }

  const before =
    "The generated compose.yaml is not valid, which is an error in this program. Nothing was changed. Docker says: ";

  const cases: [name: string, words: string, shown: string][] = [
    ["the title of the terminal", "a\x1b]0;title\x07b", "a]0;titleb"],
    ["colours", "\x1b[31mred\x1b[0m", "[31mred[0m"],
    [
      "the way back to the beginning of the line",
      "bad\rRelease 0123456789ab is running.",
      "badRelease 0123456789ab is running.",
    ],
    ["backspaces and DEL", "a\b\b\x7fb", "ab"],
    ["C1, which a terminal may take for ESC and more", "a\u009b31m\u0085b", "a?31m?b"],
    ["C1 within what is taken out", "a\u001b\u009b\u001bb", "a?b"],
    ["the other direction of writing", "a\u202egnp.exe\u2066b", "a?gnp.exe?b"],
    ["letters of any script, which stay", "Ärger 李 🌱 Ω\tb", "Ärger 李 🌱 Ω\tb"],
  ];
  for (const [name, words, shown] of cases)
    it(`contains no control sequence: ${name}`, async () => {
      assert.deepEqual(await saidBy(`${words}\n`), { output: `${before}${shown}\n`, logged: `${before}${shown}\n` });
    });

  it("keeps its start and its end, without broken characters, if it is too long", async () => {
    const { output, logged } = await saidBy(`${"李".repeat(30_000)} the command that helps\n`);
    assert.equal(output, logged);
    assert.ok(Buffer.byteLength(output) < 4096, String(Buffer.byteLength(output)));
    assert.ok(output.startsWith(before));
    assert.match(output, /李 \.\.\. 李+ the command that helps\n$/);
    assert.doesNotMatch(output, /\ufffd/);
  });

  it("is complete with a path of the maximum length", async () => {
    writeFileSync(`${host.folder}/file`, "");
    const path = `${host.folder}/file/${"folder/".repeat(560)}`;
    const release = releaseText({ services: [{ name: "web", user: "0:0", folders: [{ path }] }] });
    const docker = `#!/bin/sh\ncase "$*" in ${engineAnswers}${webAnswers}\nesac\n`;
    writeFileSync(`${host.folder}/bin/docker`, docker, { mode: 0o755 });
    const { output } = await host.apply("release", release, { PATH: `${host.folder}/bin:${process.env.PATH}` });
    assert.match(output, /\(pulumi config set notebooks ~\/notebooks\), and run pulumi up again\.\n$/);
  });

  it("is written to a log of limited size", async () => {
    writeFileSync(`${host.layout.root}/site-apply.log`, "old\n".repeat(300_000));
    await saidBy("first\n");
    await saidBy("second\n");
    assert.match(host.log(), /^\S+ .*first\n\S+ .*second\n$/);
    const logs = readdirSync(host.layout.root ?? "").filter((name) => name.startsWith("site-apply.log"));
    assert.deepEqual(logs.sort(), ["site-apply.log", "site-apply.log.old"]);
    assert.equal(statSync(`${host.layout.root}/site-apply.log.old`).size, 1_200_000);
    assert.equal(readFileSync(`${host.layout.root}/site-apply.log.old`, "utf8").slice(0, 8), "old\nold\n");
  });
});
