import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { report } from "../../../settings/issues.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith } from "../../support/settings.ts";
import { oneIssue, severalIssues } from "./badConfigs.ts";
import { badSiteConfigs } from "./badSiteConfigs.ts";

describe("An invalid config is refused as a whole, with a readable message:", () => {
  for (const [name, change, paragraphs] of [...oneIssue, ...badSiteConfigs])
    it(name, () => {
      const { settings, issues } = readSettings(configWith(change));
      assert.equal(
        report("dev", issues),
        `One thing is wrong with the settings of the stack dev. Nothing was changed.\n${paragraphs}`,
      );
      assert.equal(settings, undefined);
    });

  for (const [name, change, paragraphs] of severalIssues)
    it(`reports all issues at once: ${name}`, () => {
      const { settings, issues } = readSettings(configWith(change));
      assert.equal(
        report("dev", issues),
        `${issues.length === 1 ? "One thing is" : `${issues.length} things are`} wrong with the settings of the stack dev. Nothing was changed.\n${paragraphs}`,
      );
      assert.equal(settings, undefined);
    });

  const secret = "hunter2";
  const app = { name: "adminer", image: "adminer:5.4.0", port: 8080 };
  for (const [place, change] of [
    ["signIn", { signIn: [secret] }],
    ["signIn that is JSON with an error in it", { signIn: `{"provider":"okta","clientSecret":"${secret}",}` }],
    ["users that are not a list", { signIn: { users: { passwordHash: secret } } }],
    ["a user that is a list", { signIn: { users: [[secret]] } }],
    ["a password hash", { signIn: { users: [{ email: "ann@example.com", passwordHash: secret }] } }],
    ["a setting that does not exist", { signIn: { users: [{ email: "ann@example.com", password: secret }] } }],
    ["a client secret", { signIn: { provider: "google", clientSecret: [secret] } }],
    ["a client secret of another provider", { signIn: { provider: "dex", clientSecret: secret } }],
    ["ssh that is the key itself", { ssh: secret }],
    ["a private key", { ssh: { privateKey: secret } }],
    ["a private key that is a list", { ssh: { privateKey: [secret] } }],
    ["a private key where the host key belongs", { ssh: { hostKey: `-----BEGIN PRIVATE KEY----- ${secret}` } }],
    ["a backup that is the key itself", { backup: secret }],
    ["a key of the backup", { history: {}, backup: { key: secret } }],
    ["a key of the backup that is a list", { history: {}, backup: { key: [secret] } }],
    ["a private key of the backup", { history: {}, backup: { to: "sftp:a@b:/c", privateKey: secret } }],
    ["a private key where the backup's host key belongs", { history: {}, backup: { hostKey: secret } }],
    ["a secret key of a bucket that is a list", { history: {}, backup: { secretKey: [secret] } }],
    ["a service account that is no JSON", { history: {}, backup: { credentials: secret } }],
    ["a key of TLS", { tlsKey: secret }],
    ["a key of TLS that is an object", { tlsKey: { key: secret } }],
    ["a key of TLS where the certificate belongs", { tlsCertificate: `-----BEGIN PRIVATE KEY-----\n${secret}` }],
    ["apps that are JSON with an error in it", { apps: `[{"secrets":{"KEY":"${secret}"}},]` }],
    ["an app that is JSON with an error in it", { apps: [`{"secrets":{"KEY":"${secret}"},}`] }],
    ["secret variables that are a text", { apps: [{ ...app, secrets: secret }] }],
    ["secret variables that are a list", { apps: [{ ...app, secrets: [secret] }] }],
    ["a secret variable of two lines", { apps: [{ ...app, secrets: { KEY: `${secret}\n` } }] }],
    ["a secret variable that is a list", { apps: [{ ...app, secrets: { KEY: [secret] } }] }],
  ] as const)
    it(`the message does not repeat a possible secret: ${place}`, () => {
      const { issues } = readSettings(configWith(change));
      assert.notEqual(issues.length, 0);
      assert.equal(report("dev", issues).includes(secret), false);
    });
});
