import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { describe, it } from "@jest/globals";
import { endOf, hostProgram } from "../../../files/host/program.ts";
import { run } from "../../support/command.ts";
import { bundleWith } from "../../support/site.ts";
import { unpack } from "../../support/unpack.ts";
import { variants } from "../../support/variants.ts";

const folder = fileURLToPath(new URL("../../../files/host", import.meta.url));

describe("The host program", () => {
  it("passes its own unit tests", async () => {
    const { code, output } = await run("python3", ["-B", "-m", "unittest", "discover", "--start-directory", folder]);
    assert.equal(code, 0, output);
    assert.match(output, /^Ran [1-9]\d+ tests /m);
    assert.doesNotMatch(output, /skipped/);
    // 30 days of history, and 200 sequences of faults.
  }, 600_000);

  it("accepts the manifest of each variant of the site", async () => {
    const reads = `
import json, pathlib, sys
from site_apply.manifest import Manifest, SecretsManifest, read_manifest
for folder in pathlib.Path(sys.argv[1]).iterdir():
    manifest = read_manifest(Manifest, folder / "release.json")
    read_manifest(SecretsManifest, folder / "secrets.json")
    services = json.loads((folder / "release.json").read_text("utf-8"))["services"]
    assert [service.name for service in manifest.services] == [service["name"] for service in services]
    print("read")
`;
    const sites = mkdtempSync(`${tmpdir()}/jupyter-up-manifests-`);
    try {
      for (const [number, changes] of Object.values(variants).entries()) {
        mkdirSync(`${sites}/${number}`);
        for (const [name, text] of Object.entries(bundleWith(changes)))
          writeFileSync(`${sites}/${number}/${name}.json`, unpack(text).manifest?.content ?? "");
      }
      const { code, output } = await run("python3", ["-B", "-c", reads, sites], { env: { PYTHONPATH: folder } });
      assert.deepEqual({ code, output }, { code: 0, output: "read\n".repeat(Object.keys(variants).length) });
    } finally {
      rmSync(sites, { recursive: true });
    }
  });

  it("is sent as a text with all of its modules, and without their tests", () => {
    const program = hostProgram();
    const modules = [...program.matchAll(/^module (\S+) (\S+)$/gm)];
    for (const [, name = "", code = ""] of modules) {
      const source = readFileSync(`${folder}/${name.replaceAll(".", "/")}.py`, "utf8");
      assert.equal(inflateSync(Buffer.from(code, "base64")).toString(), source, name);
      assert.doesNotMatch(source, /unittest/);
    }
    const files = readdirSync(`${folder}/site_apply`, { recursive: true, encoding: "utf8" });
    assert.equal(modules.length, files.filter((file) => file.endsWith(".py")).length);
    assert.equal(endOf(program), `end ${modules.length}`);
  });
});
