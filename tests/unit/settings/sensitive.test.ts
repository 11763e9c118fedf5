import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, it } from "@jest/globals";
import type * as pulumi from "@pulumi/pulumi";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { Sensitive } from "../../../settings/sensitive.ts";
import { opened, settingsWith } from "../../support/settings.ts";

const secret = "hunter2";
const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
const hash = `$2b$10$${secret}${"a".repeat(46)}`;

describe("A secret value in the settings", () => {
  const app = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80, secrets: { KEY: secret } };
  const signIn = { provider: "google", clientId: "x", clientSecret: secret };
  const ssh = { host: "203.0.113.7", privateKey: key, hostKey: "ssh-ed25519 AAAA" };
  const { certificate, certificateKey } = selfSigned(["lab.example.com", "*.lab.example.com"]);
  const keyText = certificateKey.split("\n")[1] ?? "";
  const all = [
    settingsWith({ target: "ssh", signIn, ssh, apps: [app] }),
    settingsWith({ signIn: { users: [{ email: "ann@example.com", passwordHash: hash }] } }),
    settingsWith({ tls: "provided", tlsCertificate: certificate, tlsKey: certificateKey }),
  ];
  const isSecret = (text: string) => text.includes(secret) || text.includes(keyText);

  it("is never printed", () => {
    const texts = all.flatMap((settings) => [JSON.stringify(settings), inspect(settings, { depth: 9 })]);
    for (const text of [...texts, `${new Sensitive(secret)}`]) assert.equal(isSecret(text), false);
  });

  it("is present, but wrapped", () => {
    const count = (text: string) => all.map((settings) => JSON.stringify(opened(settings)).split(text).length - 1);
    assert.deepEqual(count(secret), [3, 1, 0]);
    assert.deepEqual(count(keyText), [0, 0, 1]);
  });

  it("is not assignable to the input of a resource", () => {
    // @ts-expect-error: without this error, a resource could get it without pulumi.secret.
    const input: pulumi.Input<string> = new Sensitive(secret);
    // @ts-expect-error
    const text: string = new Sensitive(secret);
    assert.equal(typeof input, typeof text);
  });
});
