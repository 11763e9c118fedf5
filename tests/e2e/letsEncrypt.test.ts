import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { buildSite, imagesOf } from "../../files/site/site.ts";
import { type AcmeWorld, startAcme } from "../../offline/acme/acme.ts";
import { addZone } from "../../offline/providers/packages/cloudflare/zones.ts";
import { registryAddress } from "../../offline/setup/registry.ts";
import { attempt, run } from "../../scripts/cli/command.ts";
import { imageMirror, tagImages } from "../support/images.ts";
import { redirectedLego } from "../support/ownCertificate.ts";
import { settingsWith } from "../support/settings.ts";
import { layout } from "../support/site.ts";
import { CloudStack, cloudflareToken, onGoogle } from "./support/cloudStack.ts";

const skip = !imageMirror && "there is no registry here that could hold a lego that knows of Pebble";

/** Each test continues with the site of the test before it. */
(skip ? describe.skip : describe)("a site on a VM with proxied: false and a certificate of Let's Encrypt", () => {
  const network = `e2e-acme-${randomUUID().slice(0, 8)}`;
  const mirror = `${registryAddress}/${network}`;
  const name = "jupyter.lab.example.com";
  let world: AcmeWorld;
  let stack: CloudStack;
  let references: string[] = [];
  let address: string;
  const vm = (command: string) => stack.on("us-central1-a-jupyter-up-lab", command);

  /** The issuer and serial number of the certificate that a browser gets. */
  async function shown(): Promise<string> {
    const { stdout, stderr } = await attempt("sh", [
      "-c",
      `openssl s_client -connect ${address}:443 -servername ${name} </dev/null | openssl x509 -noout -issuer -serial -ext subjectAltName`,
    ]);
    return stdout || stderr;
  }

  beforeAll(async () => {
    // An address of this machine that no network within the VM has.
    const subnet = ["--subnet", "198.19.253.0/24", "--gateway", "198.19.253.1"];
    await run("Making a network", "docker", ["network", "create", ...subnet, network]);
    world = await startAcme("example.com", { address: "198.19.253.1", token: cloudflareToken });
    const settings = {
      ...onGoogle,
      dns: "cloudflare",
      proxied: false,
      acmeEmail: "ann@example.com",
      acmeServer: world.server,
      database: false,
    };
    const images = imagesOf(buildSite("jupyter-up-lab", settingsWith({ ...settings, protectData: "false" }), layout));
    references = await tagImages(images, mirror, redirectedLego(world));
    for (const reference of references) await run(`Pushing ${reference}`, "docker", ["push", "--quiet", reference]);
    stack = await CloudStack.make({ ...settings, imageMirror: mirror });
    await addZone(stack.cloud, "example.com");
  });
  afterAll(async () => {
    await stack?.destroy();
    await stack?.remove();
    await world?.stop();
    await attempt("docker", ["network", "rm", network]);
    for (const reference of references) await attempt("docker", ["image", "rm", reference]);
  });

  it("has a certificate for its host names after one `pulumi up`", async () => {
    const { code, text } = await stack.up();
    assert.equal(code, 0, text);
    address = await stack.output("address");
    const certificate = await shown();
    assert.match(certificate, /^issuer=CN = Pebble Intermediate CA/);
    assert.match(certificate, /DNS:jupyter\.lab\.example\.com/);
    assert.equal(world.orders(), 1);
  });

  it("has a timer that renews it", async () => {
    assert.equal(await vm("systemctl is-enabled jupyter-up-lab-certificate.timer"), "enabled");
    await vm("systemctl start jupyter-up-lab-certificate.service");
    assert.match(
      await vm("journalctl --unit jupyter-up-lab-certificate.service --output cat --no-pager"),
      /^The certificate needs no renewal yet\.$/m,
    );
  });

  it("has the token and the keys readable for no other user of the machine", async () => {
    const readable = `setpriv --reuid 1000 --regid 1000 --clear-groups grep -rlE 'PRIVATE KEY|${cloudflareToken}'`;
    assert.notEqual(await vm(`grep -rl ${cloudflareToken} /opt/jupyter-up`), "");
    assert.equal(await vm(`${readable} /opt/jupyter-up /srv/jupyter-up/certificates 2>/dev/null || :`), "");
  });

  it("requests no certificate when another user is allowed", async () => {
    const { code, text, plan } = await stack.up({ allow: ["you@example.com", "bob@example.com"] });
    assert.equal(code, 0, text);
    assert.deepEqual(plan, { "site-release": "update" });
    assert.equal(world.orders(), 1);
  });
});
