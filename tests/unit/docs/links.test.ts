import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { declaredSettings, projectFile } from "../../support/projectFile.ts";
import {
  anchorsOf,
  exists,
  linksOf,
  pathsNamedIn,
  projectFiles,
  readText,
  whatIsWrongWithLink,
  withoutCode,
} from "./markdown.ts";

const files = projectFiles();
const pages = files.filter((path) => path.endsWith(".md") && path !== "Pulumi.README.md");
const topLevel = [...new Set(files.map((path) => path.split("/")[0] ?? ""))];
const { scripts } = JSON.parse(readText("package.json")) as { scripts: Record<string, string> };

describe("Each document", () => {
  for (const page of pages) {
    const text = readText(page);

    it(`${page} has no broken links`, () => {
      assert.deepEqual(
        linksOf(text).flatMap((address) => whatIsWrongWithLink(page, address) ?? []),
        [],
      );
    });

    it(`${page} names only existing files and folders`, () => {
      assert.deepEqual(
        pathsNamedIn(text, topLevel).filter((path) => !exists(path)),
        [],
      );
    });

    it(`${page} names only existing npm scripts`, () => {
      const named = [...text.matchAll(/\bnpm (?:run )?(start|stop|test|(?<=run )[a-z][a-z:-]*)\b/g)].map(
        ([, name = ""]) => name,
      );
      assert.deepEqual(
        named.filter((name) => !scripts[name]),
        [],
      );
    });

    it(`${page} sets only existing settings`, () => {
      const named = [...text.matchAll(/\bconfig (?:set|rm) ((?:--\w+ |string )*)'?([\w:]+)/g)].map(
        ([, , key = ""]) => key,
      );
      const known = ["cloudflare:apiToken", "team:machineKey", "KEY", "imagTag", ...Object.keys(declaredSettings())];
      assert.deepEqual(
        named.filter((key) => !known.includes(key)),
        [],
      );
    });
  }
});

describe("Code, settings and scripts", () => {
  const texts = files.filter(
    (path) => /\.(ts|sh|py|conf|ya?ml|json)$|with-node$/.test(path) && !path.startsWith("tests/"),
  );

  it("name only existing documents and headings", () => {
    const wrong = texts.flatMap((path) =>
      [...readText(path).matchAll(/\b((?:docs\/[\w/-]+|README|CHANGELOG|CONTRIBUTING)\.md(?:#[\w-]+)?)/g)].flatMap(
        ([, address = ""]) => {
          const wrong = whatIsWrongWithLink("index.ts", address);
          return wrong ? [`${path}: ${wrong}`] : [];
        },
      ),
    );
    assert.deepEqual(wrong, []);
  });
});

describe("README.md", () => {
  const lines = readText("README.md").trimEnd().split("\n");

  it("has at most 120 lines, of at most 160 characters", () => {
    assert.ok(lines.length <= 120, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.length > 160),
      [],
    );
  });

  it("links to each document", () => {
    const linked = linksOf(readText("README.md"));
    const documents = pages.filter((page) => /^(docs\/[\w-]+|CHANGELOG|CONTRIBUTING)\.md$/.test(page));
    assert.deepEqual(
      documents.filter((page) => !linked.includes(page)),
      [],
    );
  });
});

describe("docs/supported-versions.md", () => {
  const page = readText("docs/supported-versions.md");

  it("has the required versions, and the versions that the tests run with", () => {
    const { requiredPulumiVersion } = projectFile();
    assert.match(page, new RegExp(`\\| Pulumi \\| ${/\d+\.\d+/.exec(String(requiredPulumiVersion))?.[0]} or newer`));
    const { engines, dependencies } = JSON.parse(readText("package.json")) as Record<string, Record<string, string>>;
    assert.equal(engines?.node, "^22.18 || >=23.6", "and so says the page");
    assert.match(page, /\| Node \| 22\.18 or newer of 22, 23\.6 or newer \|/);
    for (const version of [readText(".node-version").trim(), dependencies?.["@pulumi/pulumi"]])
      assert.ok(page.includes(`| ${version} |`), version);
  });

  it("has the versions of the site's images", () => {
    const services = files
      .filter((path) => /^files\/services\/.*\.ts$/.test(path))
      .map(readText)
      .join("\n");
    const versions = [...services.matchAll(/reference: "[^"]*:v?(\d+\.\d+\.\d+)/g)].map(([, version = ""]) => version);
    assert.ok(versions.length >= 5);
    for (const version of versions) assert.ok(page.includes(` ${version}`), version);
  });
});

describe("The reader of documents", () => {
  const page =
    "# One: `two` & three\n\n## Same\n\n## Same\n\n```\n## No heading [no](link)\n```\n\n[a](x.md#y) and `[no](link)`\n";

  it("derives the same anchors from headings as GitHub", () => {
    assert.deepEqual(anchorsOf(page), ["one-two--three", "same", "same-1"]);
  });

  it("finds no links and headings in code", () => {
    assert.deepEqual(linksOf(page), ["x.md#y"]);
    assert.doesNotMatch(withoutCode(page), /No heading/);
  });

  it("finds a broken link", () => {
    assert.equal(whatIsWrongWithLink("README.md", "docs/nothing.md"), "README.md: there is no docs/nothing.md");
    assert.equal(
      whatIsWrongWithLink("docs/security.md", "#nothing"),
      "docs/security.md: docs/security.md has no heading #nothing",
    );
    assert.equal(whatIsWrongWithLink("docs/security.md", "../../outside"), "docs/security.md: there is no ../outside");
    assert.equal(whatIsWrongWithLink("docs/security.md", "../README.md"), undefined);
    assert.equal(whatIsWrongWithLink("docs/security.md", "https://example.com/nothing"), undefined);
  });

  it("tells the project's files from other code", () => {
    assert.deepEqual(
      pathsNamedIn("`files/x.ts`, `settings/`, `npm start`, `/opt/files`, `other/x`", ["files", "settings"]),
      ["files/x.ts", "settings/"],
    );
  });
});
