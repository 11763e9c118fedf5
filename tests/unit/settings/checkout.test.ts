import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { filesBelow, whatIsWrongWithFile, whatIsWrongWithFolder } from "../../../settings/checkout.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith } from "../../support/settings.ts";

const checkout = fileURLToPath(new URL("../../../", import.meta.url));

describe("A folder of this checkout that an app brings", () => {
  let folder: string;
  const made = (name: string, files: Record<string, string | Buffer>) => {
    mkdirSync(`${folder}/${name}/sub`, { recursive: true });
    for (const [path, content] of Object.entries(files)) writeFileSync(`${folder}/${name}/${path}`, content);
    return relative(checkout, `${folder}/${name}`);
  };
  beforeAll(() => {
    folder = mkdtempSync(`${checkout}tests/checkout-`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is read with all that lies in it", () => {
    const path = made("good", { "a.php": "<?php\n", "sub/b.css": "ü\n" });
    assert.equal(whatIsWrongWithFolder(path), undefined);
    assert.deepEqual(filesBelow(path), { "a.php": "<?php\n", "sub/b.css": "ü\n" });
  });

  const bad: [name: string, files: Record<string, string | Buffer>, wrong: RegExp][] = [
    ["empty", {}, /^has no file in it$/],
    [
      "binary",
      { "logo.png": Buffer.from([0x89, 0x50, 0xff, 0x0a]) },
      /for its file "logo\.png": .* belongs in an image$/,
    ],
    ["unfinished", { "a.txt": "no line break" }, /for its file "a\.txt"/],
    ["nul", { "a.txt": "a\0b\n" }, /for its file "a\.txt"/],
    ["named", { "a b.txt": "x\n" }, /for its file "a b\.txt"/],
    ["hidden", { ".env": "x\n" }, /for its file "\.env"/],
    ["large", { "a.txt": `${"x".repeat(1 << 20)}\n` }, /^has more than 1 MiB in it/],
  ];
  for (const [name, files, wrong] of bad)
    it(`is refused when it is ${name}`, () => {
      assert.match(whatIsWrongWithFolder(made(name, files)) ?? "", wrong);
    });

  it("is refused in words where the file system has none of it", () => {
    const long = "x".repeat(300);
    assert.equal(whatIsWrongWithFolder(long), "is no folder of this checkout");
    assert.equal(whatIsWrongWithFile(`files/${long}`), "is no file of this checkout");
    assert.equal(whatIsWrongWithFile("x/".repeat(3000)), "is no file of this checkout");
    assert.equal(whatIsWrongWithFolder("index.ts/x"), "is no folder of this checkout");
    assert.equal(whatIsWrongWithFile("index.ts/x"), "is no file of this checkout");
    symlinkSync("loop", `${folder}/loop`);
    const loop = relative(checkout, `${folder}/loop`);
    assert.equal(whatIsWrongWithFolder(loop), "cannot be read (ELOOP)");
    assert.equal(whatIsWrongWithFile(loop), "cannot be read (ELOOP)");
  });

  it("is refused in words for a link in it that leads nowhere, and for a name that is none of a URL", () => {
    const path = made("linked", { "a.txt": "x\n" });
    symlinkSync("nowhere", `${folder}/linked/b.txt`);
    assert.equal(whatIsWrongWithFolder(path), 'cannot be sent along: "b.txt" in it cannot be read (ENOENT)');
    assert.match(whatIsWrongWithFolder(made("odd", { "a#b%20?.txt": "x\n" })) ?? "", /for its file "a#b%20\?\.txt"/);
  });

  it("is refused when it is none", () => {
    assert.equal(whatIsWrongWithFolder("files/nowhere"), "is no folder of this checkout");
    assert.equal(whatIsWrongWithFolder("index.ts"), "is no folder of this checkout");
    assert.equal(whatIsWrongWithFile("files/nowhere.sql"), "is no file of this checkout");
    assert.equal(whatIsWrongWithFile("files"), "is no file of this checkout");
    assert.equal(whatIsWrongWithFile("index.ts"), undefined);
  });
});

describe("A setting of apps is refused, with the command that mends it:", () => {
  const app = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
  const rows: [what: string, config: Record<string, unknown>, words: string, command: string][] = [
    [
      "a folder that is not there",
      { apps: [{ ...app, files: { "/srv": "files/nowhere" } }] },
      '"files/nowhere" is no folder of this checkout.',
      "pulumi config rm --path 'apps[0].files[\"/srv\"]'",
    ],
    [
      "a schema that is not there",
      { database: "true", apps: [{ ...app, database: true, schema: "nowhere.sql" }] },
      '"nowhere.sql" is no file of this checkout.',
      "pulumi config rm --path 'apps[0].schema'",
    ],
    [
      "a path that leaves the checkout",
      { apps: [{ ...app, files: { "/srv": "../elsewhere" } }] },
      '"../elsewhere" is no path within this checkout, such as files/demo.',
      "pulumi config rm --path 'apps[0].files[\"/srv\"]'",
    ],
    [
      "a name of the site's own",
      { apps: [{ ...app, name: "nginx-check" }] },
      '"nginx-check" is a name of the site\'s own.',
      "pulumi config set --path 'apps[0].name' myapp",
    ],
    ...["domain", "spell-check"].map((name): [string, Record<string, unknown>, string, string] => [
      `... ${name}`,
      { apps: [{ ...app, name }] },
      `"${name}" is a name of the site's own.`,
      "pulumi config set --path 'apps[0].name' myapp",
    ]),
    [
      "a front page under a name of the site's own",
      { home: "vouch" },
      '"vouch" is a name of one of the site\'s services.',
      "pulumi config set home home",
    ],
    [
      "a name too long for its domain",
      { domain: `${"a.".repeat(117)}example.com`, apps: [{ ...app, name: "longer-than-this" }] },
      "with the domain behind it, the app's name has 262 characters; 253 is the most.",
      "pulumi config set --path 'apps[0].name' app",
    ],
  ];
  for (const [what, config, words, command] of rows)
    it(what, () => {
      const { faults } = readSettings(configWith(config));
      assert.deepEqual(
        faults.map((fault) => JSON.stringify(fault).includes(JSON.stringify(words).slice(1, -1))),
        [true],
        JSON.stringify(faults),
      );
      assert.ok(JSON.stringify(faults).includes(JSON.stringify(command).slice(1, -1)), JSON.stringify(faults));
    });
});
