import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { testHost } from "../support/host.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { bundleWith, type Changes, serviceOf, siteWith } from "../support/site.ts";
import { onThisMachine, variants } from "../support/variants.ts";

const NAME = "jupyter-up-rendered";

/** nginx's check of a site's files, run like in a release by the service nginx-check. */
async function check(changes: Changes) {
  const host = testHost();
  try {
    const bundle = bundleWith({ ...changes, layout: { ...changes.layout, ...host.layout } });
    const placed = await host.apply("secrets", bundle.secrets);
    assert.deepEqual(placed, { code: 0, output: "" });
    host.layOut(bundle.release);
    const compose = ["compose", "--project-name", NAME, "--file", `${host.layout.root}/compose.yaml`];
    const asked = [...compose, "--profile", "check", "run", "--rm", "--no-deps", "-T", "nginx-check"];
    const { code, output } = await run("docker", asked);
    return { code, output: output.replace(/^ (Network|Container|Volume) .*\n/gm, "") };
  } finally {
    host.remove();
  }
}

beforeAll(() => pullImages([serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image.reference]));
// Compose creates a project's networks and volumes even for a service without any.
afterAll(async () => {
  await run("docker", ["compose", "--project-name", NAME, "down"]);
  const { output } = await run("docker", [
    "volume",
    "ls",
    "--quiet",
    "--filter",
    `label=com.docker.compose.project=${NAME}`,
  ]);
  if (output) await run("docker", ["volume", "rm", ...output.trim().split("\n")]);
});

describe("nginx accepts the files generated for", () => {
  for (const [name, changes] of Object.entries(variants))
    it(name, async () => {
      assert.deepEqual(await check(onThisMachine(changes)), { code: 0, output: "" });
    });
});

describe("nginx refuses, before a release is activated,", () => {
  it("a certificate that belongs to another key", async () => {
    const { secrets } = onThisMachine({});
    const other = onThisMachine({ secrets: { certificateKey: secrets?.certificateKey ?? "" } });
    const { code, output } = await check(other);
    assert.notEqual(code, 0);
    assert.match(output, /key values mismatch/);
  });
});
