import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { hostProgram } from "../../../files/host/program.ts";
import { run } from "../../support/command.ts";
import { engineAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { secretsText } from "../../support/release.ts";
import { bundleWith } from "../../support/site.ts";

const isRoot = process.getuid?.() === 0;
const file = (path: string, mode = "0644") => `file ${path} ${mode}\n|a\n`;

/** Incomplete or malformed texts, with the reported reason. */
const refused: [name: string, text: string, reason: string][] = [
  ["an empty text", "", "the end is missing"],
  ["a text cut off between two files", `${file("a")}`, "the end is missing"],
  ["a text cut off within a line", `${file("a")}fil`, "line 3 is not understood"],
  ["a text cut off within its end line", `${file("a")}en`, "line 3 is not understood"],
  ["a missing file", `${file("a")}end 2\n`, "there are 1 files instead of 2"],
  ["all files missing", "end 2\n", "there are 0 files instead of 2"],
  ["a file too many", `${file("a")}${file("b")}end 1\n`, "there are 2 files instead of 1"],
  ["an end without a number", `${file("a")}end\n`, "there are 1 files instead of "],
  ["a file after the end", `${file("a")}end 1\n${file("b")}`, "something follows the end"],
  ["a content line before any file", "|a\nend 0\n", "line 1 belongs to no file"],
  ["an unknown line among the files", `${file("a")}link b a\nend 1\n`, "line 3 is not understood"],
  ["a path with .. at its start", `${file("../a")}end 1\n`, "line 1 names no file"],
  ["a path that leaves the folder half-way", `${file("a/../../b")}end 1\n`, "line 1 names no file"],
  ["a path of only ..", `${file("..")}end 1\n`, "line 1 names no file"],
  ["an absolute path", `${file("/tmp/jupyter-up-climbed-out")}end 1\n`, "line 1 names no file"],
  ["a hidden file, as earlier versions of this program had", `${file(".header")}end 1\n`, "line 1 names no file"],
  ["a hidden folder", `${file("a/.b/c")}end 1\n`, "line 1 names no file"],
  ["a path that ends in a slash", `${file("a/")}end 1\n`, "line 1 names no file"],
  ["a path like an option", `${file("-rf/a")}end 1\n`, "line 1 names no file"],
  ["a path with a command in it", `${file("a;touch\tb")}end 1\n`, "line 1 names no file"],
  ["a path with a blank", `${file("a b")}end 1\n`, "line 1 names no file"],
  ["a path without a mode", "file a\n|a\nend 1\n", "line 1 names no file"],
  ["an invalid mode", `${file("a", "0999")}end 1\n`, "line 1 names no file"],
  ["a mode with the setuid bit", `${file("a", "04755")}end 1\n`, "line 1 names no file"],
  ["another program's text", "<!doctype html>\n<title>502</title>\n", "line 1 is not understood"],
];

describe("An incomplete text", () => {
  let host: TestHost;
  let untouched: string[];
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    host = testHost();
    // A fake docker that accepts everything: none of these texts may lead to a call of it.
    mkdirSync(`${host.folder}/bin`);
    writeFileSync(
      `${host.folder}/bin/docker`,
      `#!/bin/sh\necho "$1" >>'${host.folder}/asked'\ncase "$*" in ${engineAnswers} esac\n`,
    );
    chmodSync(`${host.folder}/bin/docker`, 0o755);
    environment = { PATH: `${host.folder}/bin:${process.env.PATH}` };
    assert.equal((await host.apply("secrets", bundleWith().secrets)).code, 0);
    untouched = host.entries();
    assert.ok(untouched.length > 8);
  });
  afterAll(() => host.remove());

  for (const [name, text, reason] of refused)
    for (const word of ["secrets", "release"])
      it(`is refused by site-apply ${word}, and changes nothing: ${name}`, async () => {
        const refusal = `The release is incomplete (${reason}). Nothing was changed. Run pulumi up again.\n`;
        assert.deepEqual(await host.apply(word, text, environment), { code: 1, output: refusal });
        assert.deepEqual(host.entries(), untouched);
        assert.ok(host.log().endsWith(` ${refusal}`));
      });

  (isRoot ? it : it.skip)("is refused with a message about the full disk", async () => {
    const full = testHost();
    const { root = "" } = full.layout;
    assert.equal((await run("mount", ["-t", "tmpfs", "-o", "size=400k", "none", root])).code, 0);
    try {
      mkdirSync(`${root}/bin`);
      writeFileSync(`${root}/bin/site-apply`, hostProgram());
      await run("sh", ["-c", `cat /dev/zero >'${root}/notebook.ipynb'`]);
      const { code, output } = await run("sh", [`${root}/bin/site-apply`, "secrets"], { input: secretsText({}) });
      assert.equal(code, 1);
      assert.match(
        output,
        /^The release could not be written to \S+: the disk is full, .*docker image prune --all .*\n$/,
      );
    } finally {
      await run("umount", [root]);
      full.remove();
    }
  });

  it("leads to no call of Docker except the checks of its engine and host", () => {
    const asked = readFileSync(`${host.folder}/asked`, "utf8").trim().split("\n");
    assert.deepEqual([...new Set(asked)].sort(), ["context", "info"]);
  });
});

describe("A complete text", () => {
  const contents: [name: string, content: string][] = [
    ["empty lines", "\n\n\na\n\n"],
    ["lines that look like the text's own", "|bar\nfile x 0644\nend 1\n"],
    ["what a shell might take for its own", "$(id) `id` \\n %s %d & \\\\ '' \"\" $1 $0 #\n"],
    ["blanks, tabs and carriage returns", "  a \t b \r\n\t\n"],
    ["letters beyond a to z", "ä 李 🌱\n"],
    ["a line of 200 kB", `${"x".repeat(200_000)}\n`],
    ["20 000 lines", "line\n".repeat(20_000)],
  ];

  it("is written byte for byte", async () => {
    const host = testHost();
    try {
      const files = contents.map(([, content], number) => ({ path: `app/id/${number}`, mode: "0600", content }));
      const text = secretsText({ app: `${process.getuid?.()}:${process.getgid?.()}` }, files);
      assert.deepEqual(await host.apply("secrets", text), { code: 0, output: "" });
      for (const [number, [name, content]] of contents.entries())
        assert.equal(host.read(`secrets/app/id/${number}`), content, name);
    } finally {
      host.remove();
    }
  });
});

describe("An unknown command of site-apply", () => {
  it("is refused with its name", async () => {
    const host = testHost();
    try {
      assert.deepEqual(await host.apply("relase"), {
        code: 1,
        output:
          "site-apply: expected machine, secrets, release, check, renew, history, backup, reboot, rebooted, limits, releases, rollback, restore, status, verify, move, sign-out or down, found 'relase'.\n",
      });
    } finally {
      host.remove();
    }
  });
});
