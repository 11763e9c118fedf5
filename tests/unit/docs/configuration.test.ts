import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { withSettingsTable } from "../../../scripts/docs/settingsTable.ts";
import { settingsSchema } from "../../../settings/schema.ts";
import { declaredSettings } from "../../support/projectFile.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/configuration.md");

describe("docs/configuration.md", () => {
  it("has the table generated from Pulumi.yaml (npm run docs updates it)", () => {
    assert.equal(
      page,
      withSettingsTable(page, read("Pulumi.yaml")),
      "docs/configuration.md is out of date: npm run docs",
    );
  });

  it("has a row for each setting of the program, and none for settings of providers", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (?:text|list|number|boolean|object) \|/gm)].map(([, key]) => key);
    assert.deepEqual(rows, Object.keys(declaredSettings()));
  });

  it("documents each setting of an app", () => {
    const rows = [...section("Apps").matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    assert.deepEqual(rows, Object.keys(settingsSchema.shape.apps.element.shape));
  });
});

describe("The table of settings", () => {
  const marks =
    "# Page\n<!-- Generated from Pulumi.yaml by `npm run docs`: do not edit. -->\nold\n<!-- End of the generated part. -->\nrest\n";

  it("replaces the text between its two markers", () => {
    const project = `config:\n  name:\n    type: string\n    default: ""\n    description: "One of <a>|<b>, see docs/configuration.md#apps and docs/security.md"\n`;
    assert.equal(
      withSettingsTable(marks, project),
      "# Page\n<!-- Generated from Pulumi.yaml by `npm run docs`: do not edit. -->\n\n| setting | type | default | what it is |\n| --- | --- | --- | --- |\n| `name` | text | | One of &lt;a>\\|&lt;b>, see [apps](#apps) and [security.md](security.md) |\n\n<!-- End of the generated part. -->\nrest\n",
    );
  });

  it("shows lists and objects as YAML", () => {
    const project = `config:\n  one:\n    type: array\n    default: []\n    description: First\n  two:\n    type: object\n    default: { provider: dex }\n    description: Second\n`;
    assert.match(
      withSettingsTable(marks, project),
      /\| `one` \| list \| \| First \|\n\| `two` \| object \| `provider: dex` \| Second \|/,
    );
  });

  it("is not written to a page without the markers", () => {
    assert.throws(() => withSettingsTable("# Page\n", "config: {}\n"), /needs these two lines/);
  });
});

/** The text below a heading of the second level. */
function section(title: string): string {
  const [, text = ""] = page.split(`\n## ${title}\n`);
  return text.split("\n## ")[0] ?? "";
}
