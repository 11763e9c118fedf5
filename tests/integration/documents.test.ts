import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "@jest/globals";
import { parseDocument } from "yaml";
import { bundleWith, siteWith } from "../support/site.ts";
import { unpack } from "../support/unpack.ts";
import { variants } from "../support/variants.ts";

const readers: Record<string, (text: string) => void> = {
  json: (text) => JSON.parse(text),
  yaml: readYaml,
  yml: readYaml,
};

/** The documents that each site has, by name. */
const everywhere = [
  "compose.yaml",
  "config.yml", // Vouch
  "default_setting_overrides.json",
  ...Array.from({ length: 3 }, () => "package.json"), // Plugins of JupyterLab
  ...["headers-too-large.json", "too-large.json", "too-many.json"],
];
const documentsOf: Record<string, string[]> = {
  dex: ["config.yaml"],
  "site-history": ["history.json"],
  // And an extension of the servers.
  "people-spawner": ["definition.json", "idle.json"],
};

function readYaml(text: string): void {
  const { errors, warnings } = parseDocument(text, { strict: true, uniqueKeys: true });
  assert.deepEqual([...errors, ...warnings], []);
}

describe("Every generated YAML and JSON file can be parsed, for", () => {
  for (const [name, changes] of Object.entries(variants))
    it(name, () => {
      const { release, secrets } = bundleWith(changes);
      const files = [release, secrets].flatMap((text) => Object.entries(unpack(text).files));
      const documents = files.flatMap(([path, { content }]) => {
        const read = readers[path.split(".").at(-1) ?? ""];
        return read ? [{ path, content, read }] : [];
      });
      const services = siteWith(changes).services.map(({ name: service }) => service);
      const more = services.flatMap((service) => documentsOf[service] ?? []);
      assert.deepEqual(documents.map(({ path }) => basename(path)).sort(), [...everywhere, ...more].sort());
      for (const { path, content, read } of documents) assert.doesNotThrow(() => read(content), path);
    });
});
