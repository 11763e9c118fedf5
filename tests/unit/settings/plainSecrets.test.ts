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
    [
      "a key of the backup",
      { backup: { key: secret } },
      "backup",
      [["backup.key", "pulumi config set --secret --path backup.key"]],
    ],
    [
      "what opens the place of the backup",
      { backup: { privateKey: pem, secretKey: secret, credentials: secret } },
      "backup",
      ["privateKey", "secretKey", "credentials"].map((part): [string, string] => [
        `backup.${part}`,
        `pulumi config set --secret --path backup.${part}`,
      ]),
    ],
    [
      "the kubeconfig of a cluster",
      { cluster: { kubeconfig: secret } },
      "cluster",
      [
        [
          "cluster.kubeconfig",
          "kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig",
        ],
      ],
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

    it(`${name}: no issue if ${setting} is encrypted`, () => {
      assert.deepEqual(
        plainSecrets(configWith(change), (key) => key === setting),
        [],
      );
    });
  }

  it("is reported also for a setting with another issue", () => {
    const config = configWith({ signIn: { provider: "okta", clientSecret: secret }, apps: ["x", { secrets: "x" }] });
    assert.deepEqual(
      plainSecrets(config, () => false).map(({ key }) => key),
      ["signIn.clientSecret"],
    );
  });

  it("is not reported if no setting holds a secret", () => {
    assert.deepEqual(
      plainSecrets(configWith({}), () => false),
      [],
    );
  });
});

describe("An encrypted setting that the program cannot keep secret is an issue", () => {
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
    it(`${setting}: with the command that decrypts it`, () => {
      const issues = needlesslyEncrypted(configWith({ [setting]: value }), (key) => key === setting);
      assert.deepEqual(
        issues.map(({ key, message }) => [key, message.split("\n")[1]]),
        [[setting, fix]],
      );
      for (const secret of [value].flat()) assert.equal(report("dev", issues).includes(`"${secret}"`), false);
    });

  it("except for settings that contain secrets", () => {
    const may = ["signIn", "apps", "ssh", "tlsCertificate", "tlsKey", "backup", "cluster"];
    const issues = needlesslyEncrypted(configWith({}), () => true);
    assert.deepEqual(
      Object.keys(validConfig)
        .filter((setting) => !issues.some(({ key }) => key === setting))
        .sort(),
      may.sort(),
    );
  });
});
