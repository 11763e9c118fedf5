import assert from "node:assert/strict";
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
      // Dex's configuration, and that of the service that makes the history.
      const services = siteWith(changes).services.map(({ name: service }) => service);
      const more = ["dex", "site-history"].filter((service) => services.includes(service));
      assert.equal(documents.length, 8 + more.length);
      for (const { path, content, read } of documents) assert.doesNotThrow(() => read(content), path);
    });
});
