import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { filesBelow, whatIsWrongWithFile, whatIsWrongWithFolder } from "../../../settings/checkout.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith } from "../../support/settings.ts";

const checkout = fileURLToPath(new URL("../../../", import.meta.url));

describe("A folder of this checkout that an app mounts", () => {
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

  it("is read with everything in it", () => {
    const path = made("good", { "a.php": "<?php\n", "sub/b.css": "ü\n" });
    assert.equal(whatIsWrongWithFolder(path), undefined);
    assert.deepEqual(filesBelow(path), { "a.php": "<?php\n", "sub/b.css": "ü\n" });
  });

  const bad: [name: string, files: Record<string, string | Buffer>, wrong: RegExp][] = [
    ["no files", {}, /^contains no files$/],
    [
      "a binary file",
      { "logo.png": Buffer.from([0x89, 0x50, 0xff, 0x0a]) },
      /for its file "logo\.png": .* put anything else in an image$/,
    ],
    ["a last line without a line break", { "a.txt": "no line break" }, /for its file "a\.txt"/],
    ["a NUL character", { "a.txt": "a\0b\n" }, /for its file "a\.txt"/],
    ["a blank in a file name", { "a b.txt": "x\n" }, /for its file "a b\.txt"/],
    ["a hidden file", { ".env": "x\n" }, /for its file "\.env"/],
    ["more than 1 MiB", { "a.txt": `${"x".repeat(1 << 20)}\n` }, /^is larger than 1 MiB/],
  ];
  for (const [name, files, wrong] of bad)
    it(`is refused with ${name}`, () => {
      assert.match(whatIsWrongWithFolder(made(name.replaceAll(" ", "-"), files)) ?? "", wrong);
    });

  it("is refused with a readable message if it does not exist", () => {
    const long = "x".repeat(300);
    assert.equal(whatIsWrongWithFolder(long), "is not a folder of this checkout");
    assert.equal(whatIsWrongWithFile(`files/${long}`), "is not a file of this checkout");
    assert.equal(whatIsWrongWithFile("x/".repeat(3000)), "is not a file of this checkout");
    assert.equal(whatIsWrongWithFolder("index.ts/x"), "is not a folder of this checkout");
    assert.equal(whatIsWrongWithFile("index.ts/x"), "is not a file of this checkout");
    symlinkSync("loop", `${folder}/loop`);
    const loop = relative(checkout, `${folder}/loop`);
    assert.equal(whatIsWrongWithFolder(loop), "cannot be read (ELOOP)");
    assert.equal(whatIsWrongWithFile(loop), "cannot be read (ELOOP)");
  });

  it("is refused with a readable message for a broken link in it, and for a file name that a URL cannot contain", () => {
    const path = made("linked", { "a.txt": "x\n" });
    symlinkSync("nowhere", `${folder}/linked/b.txt`);
    assert.equal(whatIsWrongWithFolder(path), 'cannot be sent along: "b.txt" in it cannot be read (ENOENT)');
    assert.match(whatIsWrongWithFolder(made("odd", { "a#b%20?.txt": "x\n" })) ?? "", /for its file "a#b%20\?\.txt"/);
  });

  it("is refused if it is not a folder", () => {
    assert.equal(whatIsWrongWithFolder("files/nowhere"), "is not a folder of this checkout");
    assert.equal(whatIsWrongWithFolder("index.ts"), "is not a folder of this checkout");
    assert.equal(whatIsWrongWithFile("files/nowhere.sql"), "is not a file of this checkout");
    assert.equal(whatIsWrongWithFile("files"), "is not a file of this checkout");
    assert.equal(whatIsWrongWithFile("index.ts"), undefined);
  });
});

describe("An SQL file of this checkout", () => {
  it("is refused if it is not UTF-8, because it would be changed on the way", () => {
    const folder = mkdtempSync(`${checkout}tests/checkout-`);
    try {
      const wrong = (content: Buffer) => {
        writeFileSync(`${folder}/a.sql`, content);
        return whatIsWrongWithFile(relative(checkout, `${folder}/a.sql`));
      };
      const refused = "is not UTF-8 text (iconv -f latin1 -t utf-8 converts it)";
      assert.equal(wrong(Buffer.from("SELECT 'ü'", "utf8")), undefined);
      assert.equal(wrong(Buffer.from("SELECT 'ü'", "latin1")), refused);
      assert.equal(wrong(Buffer.from("SELECT '\0'")), refused);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("An invalid setting of an app is refused, with the command that fixes it:", () => {
  const app = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
  const rows: [what: string, config: Record<string, unknown>, words: string, command: string][] = [
    [
      "a folder that does not exist",
      { apps: [{ ...app, files: { "/srv": "files/nowhere" } }] },
      '"files/nowhere" is not a folder of this checkout.',
      "pulumi config rm --path 'apps[0].files[\"/srv\"]'",
    ],
    [
      "a schema that does not exist",
      { database: "true", apps: [{ ...app, database: true, schema: "nowhere.sql" }] },
      '"nowhere.sql" is not a file of this checkout.',
      "pulumi config rm --path 'apps[0].schema'",
    ],
    [
      "a path that leaves the checkout",
      { apps: [{ ...app, files: { "/srv": "../elsewhere" } }] },
      '"../elsewhere" is not a path within this checkout, such as files/demo.',
      "pulumi config rm --path 'apps[0].files[\"/srv\"]'",
    ],
    [
      "an app's name that the site reserves",
      { apps: [{ ...app, name: "nginx-check" }] },
      '"nginx-check" is reserved for the site.',
      "pulumi config set --path 'apps[0].name' myapp",
    ],
    ...["domain", "spell-check"].map((name): [string, Record<string, unknown>, string, string] => [
      `... ${name}`,
      { apps: [{ ...app, name }] },
      `"${name}" is reserved for the site.`,
      "pulumi config set --path 'apps[0].name' myapp",
    ]),
    [
      "a front page's label that the site reserves",
      { home: "vouch" },
      '"vouch" is the name of one of the site\'s services.',
      "pulumi config set home home",
    ],
    [
      "an app's name that makes its host name too long",
      { domain: `${"a.".repeat(117)}example.com`, apps: [{ ...app, name: "longer-than-this" }] },
      "the app's host name would have 262 characters; 253 is the maximum.",
      "pulumi config set --path 'apps[0].name' app",
    ],
  ];
  for (const [what, config, words, command] of rows)
    it(what, () => {
      const { issues } = readSettings(configWith(config));
      assert.deepEqual(
        issues.map((issue) => JSON.stringify(issue).includes(JSON.stringify(words).slice(1, -1))),
        [true],
        JSON.stringify(issues),
      );
      assert.ok(JSON.stringify(issues).includes(JSON.stringify(command).slice(1, -1)), JSON.stringify(issues));
    });
});
