import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { hostProgram } from "../../../files/host/program.ts";
import { freePort } from "../../../offline/support/freePort.ts";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { statusFor } from "../../support/statusFor.ts";
import { earlierRelease, earlierSecrets } from "./earlier/texts.ts";

const whoami = { image: "traefik/whoami:v1.11.0", port: 80 };
const one = { ...whoami, name: "one" };
/** An app that ends at once, so that a release with it is rolled back. */
const broken = { ...whoami, name: "broken", environment: { WHOAMI_PORT_NUMBER: "none" } };
const all = ["ann@example.com", "eve@example.com"];

/** The earlier host program was a shell script, which wrote .header beside compose.yaml and read lines of words. */
describe("A site released by the earlier shell script", () => {
  let site: RunningSite;
  let layout: { httpsPort: number; httpPort: number };
  let program: string;
  let earlier: string;

  const changes = (allow: string[], apps: object[]) => ({
    settings: { domain: "lab.example.com", allow, apps },
    layout,
    secrets: { appSecrets: {} },
  });
  const release = (allow: string[], apps: object[]) => site.release(changes(allow, apps));
  const current = () => readlinkSync(`${site.host.layout.root}/current`);
  /** The networks of the site's project, and those of nginx. */
  async function networks(): Promise<{ all: string[]; nginx: string[] }> {
    const filter = ["--filter", `label=com.docker.compose.project=${site.project}`];
    const { output: all } = await run("docker", ["network", "ls", ...filter, "--format", "{{.Name}}"]);
    const on = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
    const { output: ofNginx } = await run("docker", ["inspect", "--format", on, await site.container("nginx")]);
    const named = (text: string) =>
      text
        .split(/\s+/)
        .filter(Boolean)
        .map((name) => name.replace(`${site.project}_`, ""));
    return { all: named(all).sort(), nginx: named(ofNginx).sort() };
  }
  const statusOf = (person: string) => statusFor(layout.httpsPort, person, "one");

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "one", "broken"]);
    layout = { httpsPort: await freePort(), httpPort: await freePort() };
    program = `${site.host.layout.root}/bin/site-apply`;
    copyFileSync(new URL("earlier/apply.sh", import.meta.url), program);
    chmodSync(program, 0o755);
    // A mount of today's bundle, whose folder the script does not know.
    mkdirSync(`${site.host.layout.data}/notices`, { recursive: true });
    const bundle = await site.bundle(changes(all, [one]));
    assert.deepEqual(await site.host.apply("secrets", earlierSecrets(bundle.secrets)), { code: 0, output: "" });
    const { code, output } = await site.host.apply("release", earlierRelease(bundle.release));
    assert.equal(code, 0, output);
    earlier = current();
    assert.ok(existsSync(`${site.host.layout.root}/current/.header`));
    writeFileSync(program, hostProgram());
  });
  afterAll(() => site.remove());

  it("is found by the Python program", async () => {
    assert.deepEqual(await site.host.apply("machine"), { code: 0, output: "" });
    assert.deepEqual(await site.host.apply("check"), { code: 0, output: "Every service of the site answers.\n" });
    const { output } = await site.host.apply("renew");
    assert.equal(output, "There is no certificate to renew here: no site that gets its own is running.\n");
  });

  it("keeps running when a release fails before the switch", async () => {
    const missing = changes(all, [{ ...one, image: "traefik/no-such:1" }]);
    const { code, output } = await site.release(missing, { pulled: false });
    assert.equal(code, 1);
    assert.match(output, /could not be pulled\. Nothing was changed\./);
    assert.equal(current(), earlier);
    assert.equal(await statusOf("eve@example.com"), 200);
  });

  it("is restored when a release does not start, with the newer allow list", async () => {
    const { code, output } = await release(["ann@example.com"], [one, broken]);
    assert.equal(code, 1);
    assert.match(output, /^broken stopped by itself\./m);
    assert.match(output, /^The previous release \(\w+\) was put back and is running\. /m);
    assert.equal(current(), earlier);
    assert.equal(await statusOf("ann@example.com"), 200);
    assert.equal(await statusOf("eve@example.com"), 403);
    const names = ["jupyter", "sign-in", "to-one"];
    assert.deepEqual(await networks(), { all: names, nginx: names });
  });

  it("can be released, with its apps' networks in compose.yaml", async () => {
    const vouch = await site.container("vouch");
    const { code, output } = await release(["ann@example.com"], [one]);
    assert.equal(code, 0, output);
    assert.match(output, /^Networks added: to-1 to-2 to-3 to-4\. The services in them are recreated\.$/m);
    assert.match(output, /^Networks removed: to-one\. The services in them are recreated\.$/m);
    assert.match(output, /^nginx: is recreated$/m);
    assert.match(output, /^vouch: keeps running$/m);
    assert.equal(await site.container("vouch"), vouch);
    const names = ["jupyter", "sign-in", "to-1", "to-2", "to-3", "to-4"];
    assert.deepEqual(await networks(), { all: names, nginx: names });
    assert.equal(await statusOf("ann@example.com"), 200);
    assert.equal(await statusOf("eve@example.com"), 403);
    const { root } = site.host.layout;
    assert.equal(readlinkSync(`${root}/previous`), earlier);
    assert.deepEqual(readdirSync(`${root}/${current()}`).sort(), ["compose.yaml", "expected.json", "release.json"]);
  });

  it("stays for a rollback, with the newer allow list", async () => {
    const newer = current();
    const { code, output } = await site.host.apply(["rollback", "--to", earlier.replace("releases/", "")]);
    assert.equal(code, 0, output);
    assert.equal(current(), earlier);
    assert.equal(await statusOf("ann@example.com"), 200);
    assert.equal(await statusOf("eve@example.com"), 403);
    assert.equal(readlinkSync(`${site.host.layout.root}/previous`), newer);
  });

  it("is pruned with all its files when five newer releases are there", async () => {
    const exists = () => existsSync(`${site.host.layout.root}/${earlier}`);
    const lists = [all, ["ann@example.com"], all, ["ann@example.com"], all];
    const found: boolean[] = [];
    for (const allow of lists) {
      const { code, output } = await release(allow, [one]);
      assert.equal(code, 0, output);
      found.push(exists());
    }
    assert.deepEqual(found, [true, true, true, false, false]);
    assert.equal(await statusOf("eve@example.com"), 200);
  });
});
