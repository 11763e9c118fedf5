import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { MARKER, openTexts, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { pulumiConfig } from "../../support/projectFile.ts";
import { contentOf, serviceManifestOf } from "../../support/unpack.ts";

let runs = 0;
/** Evaluates index.ts again: Node caches a module by its whole URL, so each run has its own query. */
function program(): Promise<unknown> {
  runs += 1;
  return import(`../../../index.ts?letsencrypt=${runs}`);
}

const token = `${MARKER}-token-of-forty-letters-or-more`;
const straight = {
  "jupyter-up:allow": ["ann@example.com"],
  "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
  "jupyter-up:target": "gcp",
  "gcp:accessToken": "of whoever tests",
  "jupyter-up:project": "my-project-123456",
  "jupyter-up:domain": "lab.example.com",
  "jupyter-up:sshFrom": ["203.0.113.7/32"],
  "jupyter-up:proxied": false,
  "jupyter-up:acmeEmail": "ann@example.com",
};

describe("The program with proxied: false and a certificate of Let's Encrypt", () => {
  let run: Run;
  const stdinOf = (name: string) => run.resources.find((each) => each.name === name)?.inputs.stdin;
  beforeAll(async () => {
    run = await runUnderMocks(pulumiConfig({ ...straight, "cloudflare:apiToken": token }), program);
  });

  it("creates no certificate and no private authority", () => {
    for (const { name } of run.resources) assert.doesNotMatch(name, /^certificate/);
    assert.equal(run.exports.certificateAuthority, undefined);
  });

  it("sends Cloudflare's token with the secrets, and has it nowhere readable", () => {
    const sent = secretOf(stdinOf("site-secrets"));
    assert.equal(contentOf(String(sent), "cloudflare-token"), `${token}\n`);
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("lets the machine obtain the certificate", () => {
    assert.ok(serviceManifestOf(String(stdinOf("site-release")), "lego").certificate);
  });
});

describe("The program with proxied: false and without Cloudflare's token", () => {
  it("reports the missing token before the first resource", async () => {
    let thrown: unknown;
    const run = await runUnderMocks(pulumiConfig(straight), async () => {
      thrown = await program().catch((error) => error);
    });
    assert.ok(pulumi.RunError.isInstance(thrown));
    assert.match(thrown.message, /\n {2}dns: .+\n {4}pulumi config set --secret cloudflare:apiToken\n/);
    assert.equal(run.resources.length, 1);
  });
});
