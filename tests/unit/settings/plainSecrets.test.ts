import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { report } from "../../../settings/issues.ts";
import { needlesslyEncrypted, plainSecrets } from "../../../settings/plainSecrets.ts";
import { configWith, validConfig } from "../../support/settings.ts";

const secret = "hunter2";
const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`;
const words = "this secret is readable in the stack's config. Set it encrypted:";
const google = { provider: "google", clientId: "x", clientSecret: secret };
const apps = [{ name: "adminer", image: "adminer:5.4.0", port: 8080, secrets: { API_KEY: secret, SALT: secret } }];

describe("A secret that is not encrypted is an issue:", () => {
  const rows: [
    name: string,
    change: Record<string, unknown>,
    setting: string,
    expected: [key: string, fix: string][],
  ][] = [
    [
      "a client secret",
      { signIn: google },
      "signIn",
      [["signIn.clientSecret", "pulumi config set --secret --path signIn.clientSecret"]],
    ],
    [
      "a private key",
      { ssh: { privateKey: pem } },
      "ssh",
      [["ssh.privateKey", "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey"]],
    ],
    ["a key of TLS", { tlsKey: pem }, "tlsKey", [["tlsKey", "cat privkey.pem | pulumi config set --secret tlsKey"]]],
    [
      "secret variables of an app",
      { apps },
      "apps",
      [
        ["apps[0].secrets.API_KEY", "pulumi config set --secret --path 'apps[0].secrets.API_KEY'"],
        ["apps[0].secrets.SALT", "pulumi config set --secret --path 'apps[0].secrets.SALT'"],
      ],
    ],
  ];
  for (const [name, change, setting, expected] of rows) {
    it(name, () => {
      const issues = plainSecrets(configWith(change), () => false);
      assert.deepEqual(
        issues,
        expected.map(([key, fix]) => ({ key, message: `${words}\n${fix}` })),
      );
      assert.equal(report("dev", issues).includes(secret), false);
    });

    it(`${name}: not where Pulumi keeps ${setting} encrypted`, () => {
      assert.deepEqual(
        plainSecrets(configWith(change), (key) => key === setting),
        [],
      );
    });
  }

  it("said of a setting that is wrong besides, too", () => {
    const config = configWith({ signIn: { provider: "okta", clientSecret: secret }, apps: ["x", { secrets: "x" }] });
    assert.deepEqual(
      plainSecrets(config, () => false).map(({ key }) => key),
      ["signIn.clientSecret"],
    );
  });

  it("nothing is asked for where nothing is secret", () => {
    assert.deepEqual(
      plainSecrets(configWith({}), () => false),
      [],
    );
  });
});

describe("A setting that is encrypted, and cannot be kept secret, is an issue", () => {
  const rows: [setting: string, value: unknown, fix: string][] = [
    ["domain", "lab.example.com", "pulumi config get domain | pulumi config set --plaintext domain"],
    ["port", "8443", "pulumi config get port | pulumi config set --plaintext port"],
    [
      "allow",
      ["ann@example.com", "bob@example.com"],
      "for i in 0 1; do pulumi config get --path 'allow['$i']' | pulumi config set --plaintext --path 'allow['$i']'; done",
    ],
  ];
  for (const [setting, value, fix] of rows)
    it(`${setting}, with the command that decrypts it`, () => {
      const issues = needlesslyEncrypted(configWith({ [setting]: value }), (key) => key === setting);
      assert.deepEqual(
        issues.map(({ key, message }) => [key, message.split("\n")[1]]),
        [[setting, fix]],
      );
      for (const secret of [value].flat()) assert.equal(report("dev", issues).includes(`"${secret}"`), false);
    });

  it("but for those that have secrets in them", () => {
    const may = ["signIn", "apps", "ssh", "tlsCertificate", "tlsKey"];
    const issues = needlesslyEncrypted(configWith({}), () => true);
    assert.deepEqual(
      Object.keys(validConfig)
        .filter((setting) => !issues.some(({ key }) => key === setting))
        .sort(),
      may.sort(),
    );
  });
});
