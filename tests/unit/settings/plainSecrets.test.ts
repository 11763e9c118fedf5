import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { needlesslyEncrypted, plainSecrets } from "../../../settings/plainSecrets.ts";
import { report } from "../../../settings/read.ts";
import { configWith, validConfig } from "../../support/settings.ts";

const secret = "hunter2";
const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`;
const words = "this is secret, and stands in the stack's config for everybody to read. Set it encrypted:";
const google = { provider: "google", clientId: "x", clientSecret: secret };
const apps = [{ name: "adminer", image: "adminer:5.4.0", port: 8080, secrets: { API_KEY: secret, SALT: secret } }];

describe("A secret that is not encrypted is a fault:", () => {
  const rows: [
    name: string,
    change: Record<string, unknown>,
    setting: string,
    expected: [key: string, mend: string][],
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
      const faults = plainSecrets(configWith(change), () => false);
      assert.deepEqual(
        faults,
        expected.map(([key, mend]) => ({ key, message: `${words}\n${mend}` })),
      );
      assert.equal(report("dev", faults).includes(secret), false);
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

describe("A setting that is encrypted, and cannot be kept secret, is a fault", () => {
  const rows: [setting: string, value: unknown, mend: string][] = [
    ["domain", "lab.example.com", "pulumi config get domain | pulumi config set --plaintext domain"],
    ["port", "8443", "pulumi config get port | pulumi config set --plaintext port"],
    [
      "allow",
      ["ann@example.com", "bob@example.com"],
      "for i in 0 1; do pulumi config get --path 'allow['$i']' | pulumi config set --plaintext --path 'allow['$i']'; done",
    ],
  ];
  for (const [setting, value, mend] of rows)
    it(`${setting}, with the command that decrypts it`, () => {
      const faults = needlesslyEncrypted(configWith({ [setting]: value }), (key) => key === setting);
      assert.deepEqual(
        faults.map(({ key, message }) => [key, message.split("\n")[1]]),
        [[setting, mend]],
      );
      for (const secret of [value].flat()) assert.equal(report("dev", faults).includes(`"${secret}"`), false);
    });

  it("but for those that have secrets in them", () => {
    const may = ["signIn", "apps", "ssh", "tlsCertificate", "tlsKey"];
    const faults = needlesslyEncrypted(configWith({}), () => true);
    assert.deepEqual(
      Object.keys(validConfig)
        .filter((setting) => !faults.some(({ key }) => key === setting))
        .sort(),
      may.sort(),
    );
  });
});
