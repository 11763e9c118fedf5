import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { serviceOf, siteWith } from "../../support/site.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const skip = process.getuid?.() !== 0 && "only root has a firewall";

/** The rules themselves are tested in tests/e2e/cloud.test.ts; this test does not change this machine's rules. */
(skip ? describe.skip : describe)("The firewall of a provisioned machine", () => {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  let host: TestHost;
  let loaded: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    await pullImages([nginx]);
    host = testHost();
    loaded = `${host.folder}/loaded`;
    mkdirSync(`${host.folder}/bin`);
    // Records its input, and the site's containers at that time.
    const script = `#!/bin/sh
case $* in
    "list set inet jupyter_up bridges") exit ;;
    "-f "*) { cat "$2"; docker ps --all --quiet --filter label=com.docker.compose.project=${project}; echo .; } >>${loaded} ;;
    *) exit 1 ;;
esac
`;
    writeFileSync(`${host.folder}/bin/nft`, script, { mode: 0o755 });
    env = { PATH: `${host.folder}/bin:${process.env.PATH}` };
  });
  afterAll(async () => {
    await host.apply(["down", project]);
    host.remove();
  });

  const release = (id: string, networks: string[]) => {
    const service = { image: nginx, entrypoint: ["sleep", "1000"], stop_signal: "SIGKILL" };
    const services = {
      web: { ...service, networks },
      "web-check": { image: nginx, entrypoint: ["true"], profiles: ["check"], network_mode: "none" },
    };
    const content = `${JSON.stringify({ services, networks: Object.fromEntries(networks.map((name) => [name, null])) })}\n`;
    return releaseText({ release: id, project, images: [{ reference: nginx, size_mib: 1 }], networks }, content);
  };
  const bridgesIn = (text: string) =>
    [...new Set([...text.matchAll(/"(br-[0-9a-f]{12})"/g)].map(([, name]) => name))].sort();
  async function bridges(): Promise<string[]> {
    const filter = ["--filter", `label=com.docker.compose.project=${project}`];
    const { output } = await run("docker", ["network", "ls", ...filter, "--format", "br-{{.ID}}"]);
    return output.split("\n").filter(Boolean).sort();
  }

  it("gets the site's networks before the first container is connected", async () => {
    assert.deepEqual(await host.apply("machine", "", env), { code: 0, output: "" });
    assert.equal(existsSync(loaded), false);
    const { code, output } = await host.apply("release", release("one", ["a", "b"]), env);
    assert.equal(code, 0, output);
    const [first = ""] = readFileSync(loaded, "utf8").split(".\n");
    const [a, b] = await bridges();
    assert.ok(a && b);
    assert.match(first, /^flush set inet jupyter_up bridges$/m);
    assert.match(first, /^add element inet jupyter_up bridges \{ "br-[0-9a-f]{12}", "br-[0-9a-f]{12}" \}$/m);
    for (const bridge of [a, b]) {
      const rule = `add rule inet jupyter_up between_networks iifname "${bridge}" oifname != "${bridge}" reject`;
      assert.ok(first.includes(rule), first);
    }
    assert.deepEqual(bridgesIn(first), [a, b]);
  });

  it("keeps for the next boot only the networks of the present release", async () => {
    const { code, output } = await host.apply("release", release("two", ["b", "c"]), env);
    assert.equal(code, 0, output);
    assert.equal((await bridges()).length, 2);
    assert.deepEqual(bridgesIn(host.read("etc/bridges.nft")), await bridges());
  });

  it("gets them from a newer version of site-apply, too, before the next release", async () => {
    writeFileSync(loaded, "");
    assert.deepEqual(await host.apply("machine", "", env), { code: 0, output: "" });
    assert.deepEqual(bridgesIn(readFileSync(loaded, "utf8")), await bridges());
  });
});
