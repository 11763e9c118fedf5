import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { composeProject } from "../../components/names.ts";
import { run } from "../support/command.ts";
import { testHost } from "../support/host.ts";
import { bundleWith } from "../support/site.ts";
import { type ComposeService, composeOf } from "../support/unpack.ts";
import { onThisMachine, variants } from "../support/variants.ts";

interface Resolved {
  name: string;
  services: Record<string, ComposeService>;
}

describe("Docker Compose accepts the project name of a stack named", () => {
  for (const stack of ["Prod", "v1.2", "x_y", "-", "..", "dev-"])
    it(stack, async () => {
      const { code, output } = await run("docker", [
        "compose",
        "--project-name",
        composeProject("jupyter-up", stack),
        "ps",
      ]);
      assert.equal(code, 0, output);
    });
});

describe("Docker Compose reads the compose.yaml generated for", () => {
  for (const [name, changes] of Object.entries(variants))
    it(`${name}, without changing a value`, async () => {
      const host = testHost();
      try {
        const here = onThisMachine(changes);
        const { release, secrets } = bundleWith({ ...here, layout: { ...host.layout, ...here.layout } });
        // Compose reads the secret variables of apps.
        assert.deepEqual(await host.apply("secrets", secrets), { code: 0, output: "" });
        host.layOut(release);
        const file = ["compose", "--file", `${host.layout.root}/compose.yaml`];
        const profiles = ["--profile", "check", "--profile", "backup"];
        const { code, output } = await run("docker", [...file, ...profiles, "config", "--format", "json"]);
        assert.equal(code, 0, output);
        const resolved = JSON.parse(output) as Resolved;
        // Compose prints a dollar as it reads one: doubled.
        const meant = composeOf(release);
        assert.equal(resolved.name, meant.name);
        assert.deepEqual(Object.keys(resolved.services).sort(), Object.keys(meant.services).sort());
        for (const [service, definition] of Object.entries(meant.services)) {
          const read = resolved.services[service];
          assert.equal(read?.image, definition.image);
          for (const [name, value] of Object.entries(definition.environment ?? {}))
            assert.equal(read?.environment?.[name], value, `${service}: ${name}`);
          for (const key of ["cap_drop", "command", "entrypoint", "dns_opt"])
            assert.deepEqual(read?.[key] ?? undefined, definition[key], `${service}: ${key}`);
          assert.deepEqual(
            read?.volumes?.map(({ source, target }) => [source, target]),
            definition.volumes?.map(({ source, target }) => [source, target]),
          );
        }
      } finally {
        host.remove();
      }
    });
});
