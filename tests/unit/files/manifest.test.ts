import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { manifestFile, releaseManifest, secretsManifest } from "../../../files/release/manifest.ts";

const golden = JSON.parse(readFileSync(new URL("manifest.golden.json", import.meta.url), "utf8"));

/** Every key in a value, at any depth. */
function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);
}

/** files/host/tests/test_manifest.py tests the host program against the same file. */
describe("The manifest of a release", () => {
  it("matches the golden file", () => {
    assert.deepEqual(releaseManifest.parse(golden), golden);
  });

  it("has only keys of the golden file", () => {
    const { services, images, ports, purge, history, backup, reboots } = releaseManifest.shape;
    const { sources, keep } = history.unwrap().shape;
    const ofHistory = [
      history.unwrap(),
      sources.element,
      keep,
      history.unwrap().shape.backup.unwrap(),
      backup.unwrap(),
      backup.unwrap().shape.restore.unwrap(),
      reboots.unwrap(),
    ];
    const shapes = [
      releaseManifest,
      ...ofHistory,
      images.unwrap().element.shape.holes.unwrap().element,
      ...[services, images, ports, purge].map((list) => list.unwrap().element),
    ];
    const keys = new Set(shapes.flatMap((shape) => Object.keys(shape.shape)));
    assert.deepEqual(
      [...keys].filter((key) => !keysIn(golden).includes(key)),
      [],
    );
  });

  it("is refused with an unknown key, and in another version", () => {
    assert.equal(releaseManifest.safeParse({ ...golden, imagse: [] }).success, false);
    assert.equal(releaseManifest.safeParse({ ...golden, version: 2 }).success, false);
  });

  it("is sent as a readable file", () => {
    assert.deepEqual(manifestFile("release", { version: 1, release: "1", project: "lab", allow: ["a@b.c"] }), {
      path: "release.json",
      mode: "0644",
      content: '{\n  "version": 1,\n  "release": "1",\n  "project": "lab",\n  "allow": [\n    "a@b.c"\n  ]\n}\n',
    });
    const secrets = secretsManifest.parse({ version: 1, owners: { nginx: "101:101" } });
    assert.equal(manifestFile("secrets", secrets).mode, "0600");
  });
});
