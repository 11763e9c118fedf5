import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { readSettings } from "../../../settings/read.ts";
import type { Settings } from "../../../settings/resolve.ts";
import { configWith, opened, settingsWith } from "../../support/settings.ts";

const ssh = { host: "203.0.113.7", privateKey: "-----BEGIN PRIVATE KEY-----", hostKey: "ssh-ed25519 AAAA" };
const own = selfSigned(["lab.example.com", "*.lab.example.com"]);

describe("Derived values are resolved once:", () => {
  const none: Settings["dns"] = { provider: "none", proxied: false };
  const cloudflare = (proxied: boolean): Settings["dns"] => ({ provider: "cloudflare", zone: undefined, proxied });
  const rows: [what: string, changes: Record<string, unknown>, dns: Settings["dns"], tls: unknown][] = [
    ["a site on this machine has no DNS records", { proxied: "true" }, none, { mode: "private-ca" }],
    ["a site behind Cloudflare", { target: "gcp" }, cloudflare(true), { mode: "cloudflare-origin" }],
    [
      "the user's own machine behind Cloudflare",
      { target: "ssh", ssh },
      cloudflare(true),
      { mode: "cloudflare-origin" },
    ],
    [
      "names that resolve to the machine itself",
      { target: "gcp", proxied: "false", acmeEmail: "ann@example.com", acmeServer: "https://acme.example.com/dir" },
      cloudflare(false),
      { mode: "letsencrypt", email: "ann@example.com", server: "https://acme.example.com/dir" },
    ],
    ["DNS records that the user creates", { target: "gcp", dns: "none" }, none, { mode: "private-ca" }],
    ["an explicit tls: private-ca", { target: "gcp", tls: "private-ca" }, cloudflare(true), { mode: "private-ca" }],
    [
      "the user's own certificate",
      { target: "gcp", tls: "provided", tlsCertificate: own.certificate, tlsKey: own.certificateKey },
      cloudflare(true),
      { mode: "provided", certificate: own.certificate, key: own.certificateKey },
    ],
  ];
  for (const [what, changes, dns, tls] of rows)
    it(what, () => {
      const settings = settingsWith(changes);
      assert.deepEqual(settings.dns, dns);
      assert.deepEqual(opened(settings.tls), tls);
    });

  it("the address of the user's own machine is its SSH host, unless the settings name one", () => {
    const addressOf = (changes: object) => {
      const { target } = settingsWith({ target: "ssh", ssh: { ...ssh, ...changes } });
      return target.kind === "ssh" && target.address;
    };
    assert.equal(addressOf({}), "203.0.113.7");
    assert.equal(addressOf({ host: "box.example.com", address: "203.0.113.8" }), "203.0.113.8");
  });

  it("a target has its own settings, and none of another target", () => {
    assert.equal("project" in settingsWith({ target: "local", ssh }).target, false);
    assert.equal("privateKey" in settingsWith({ target: "gcp", ssh }).target, false);
    assert.equal("port" in settingsWith({ target: "gcp" }).target, false);
  });

  it("the host names are those of the running services, the front page's first", () => {
    const google = { provider: "google", clientId: "x", clientSecret: "y" };
    const apps = [{ name: "adminer", image: "adminer:5", port: 8080 }];
    assert.deepEqual(settingsWith({ home: "start", signIn: google, apps }).hostNames, [
      "start.lab.example.com",
      "vouch.lab.example.com",
      "jupyter.lab.example.com",
      "adminer.lab.example.com",
    ]);
  });

  it("all variables of an app are secret if anything in `apps` is encrypted", () => {
    const app = { name: "adminer", image: "adminer:5", port: 8080, environment: { A: "1" }, secrets: { B: "2" } };
    const { settings } = readSettings(configWith({ apps: [app] }), (key) => key === "apps");
    assert.deepEqual(settings?.apps[0]?.environment, {});
    assert.deepEqual(opened(settings?.apps[0]?.secrets), { A: "1", B: "2" });
  });
});
