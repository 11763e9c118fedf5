import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleOf } from "../../../files/release/bundle.ts";
import { buildSite } from "../../../files/site/site.ts";
import { missingCredentials } from "../../../settings/credentials.ts";
import { report } from "../../../settings/issues.ts";
import { plainSecrets } from "../../../settings/plainSecrets.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith, validConfig } from "../../support/settings.ts";
import { layout, secrets } from "../../support/site.ts";

/** Values that a config may contain by mistake or on purpose. */
const values: unknown[] = [
  null,
  0,
  -1,
  1e21,
  true,
  "",
  " ",
  "x",
  "0",
  "null",
  "x".repeat(300),
  "x/".repeat(200),
  "x".repeat(30_000),
  "a\0b",
  "files/a\0b",
  "a\nb",
  "\u001b[31mred",
  "\u2028",
  "\ud800",
  "../..",
  "/",
  "~",
  "~root",
  "index.ts/x",
  "constructor",
  "__proto__",
  [],
  [null],
  [[]],
  [["x"]],
  [0],
  ["x".repeat(300)],
  ["a\0b"],
  [{}],
  {},
  { "": null },
  { x: { y: [null] } },
  { length: 1 },
  JSON.parse('{"__proto__": "x", "constructor": "y"}'),
];

const client = { clientId: "x", clientSecret: "y" };
const app = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
const fullApp = { ...app, database: true, schema: "files/php-demo/schema.sql", files: { "/srv": "files/php-demo" } };
const machine = { host: "203.0.113.7", hostKey: "ssh-ed25519 AAAA", privateKey: "-----BEGIN PRIVATE KEY-----" };

/** Places in a config, each as a function that returns the config with a value at that place. */
const places: [name: string, config: (value: unknown) => Record<string, unknown>][] = [
  ...Object.keys(validConfig).map((key): [string, (value: unknown) => Record<string, unknown>] => [
    key,
    (value) => ({ [key]: value }),
  ]),
  ...["gcp", "ssh"].map((target): [string, (value: unknown) => Record<string, unknown>] => [
    `domain of target ${target}`,
    (domain) => ({ target, domain, ssh: machine }),
  ]),
  [
    "tlsCertificate that is used",
    (tlsCertificate) => ({ tls: "provided", tlsCertificate, tlsKey: "-----BEGIN PRIVATE KEY-----" }),
  ],
  ["tlsKey that is used", (tlsKey) => ({ tls: "provided", tlsCertificate: "-----BEGIN CERTIFICATE-----", tlsKey })],
  ...["provider", "users", "domain", "clientId", "clientSecret", "authUrl"].flatMap((key) =>
    ["dex", "okta", "oidc"].map((provider): [string, (value: unknown) => Record<string, unknown>] => [
      `signIn.${key} of ${provider}`,
      (value) => ({ signIn: { provider, ...client, [key]: value } }),
    ]),
  ),
  ...["email", "name", "passwordHash"].map((key): [string, (value: unknown) => Record<string, unknown>] => [
    `signIn.users[0].${key}`,
    (value) => ({ signIn: { users: [{ email: "ann@example.com", [key]: value }] } }),
  ]),
  ...["host", "user", "port", "privateKey", "hostKey", "address"].map(
    (key): [string, (value: unknown) => Record<string, unknown>] => [
      `ssh.${key}`,
      (value) => ({ target: "ssh", ssh: { ...machine, [key]: value } }),
    ],
  ),
  ...[
    "name",
    "image",
    "port",
    "title",
    "environment",
    "secrets",
    "volumes",
    "files",
    "database",
    "schema",
    "shared",
    "memory",
    "allow",
    "path",
    "websocket",
  ].map((key): [string, (value: unknown) => Record<string, unknown>] => [
    `apps[0].${key}`,
    (value) => ({ database: "true", apps: [{ ...fullApp, [key]: value }] }),
  ]),
  ...["to", "keep", "key", "privateKey", "hostKey", "accessKey", "secretKey", "credentials", "restore"].map(
    (key): [string, (value: unknown) => Record<string, unknown>] => [
      `backup.${key}`,
      (value) => ({ history: {}, backup: { to: "/mnt/backup", [key]: value } }),
    ],
  ),
  ...["name", "for", "until", "may", "at"].map((key): [string, (value: unknown) => Record<string, unknown>] => [
    `keys[0].${key}`,
    (value) => ({ keys: [{ name: "x", for: "ann@example.com", until: "2099-12-31", [key]: value }] }),
  ]),
  ["apps[0].environment.LEVEL", (value) => ({ apps: [{ ...app, environment: { LEVEL: value } }] })],
  ["apps[0].secrets.KEY", (value) => ({ apps: [{ ...app, secrets: { KEY: value } }] })],
  ["apps[0].files[/srv]", (value) => ({ apps: [{ ...app, files: { "/srv": value } }] })],
  ["a name in apps[0].environment", (value) => ({ apps: [{ ...app, environment: { [String(value)]: "x" } }] })],
  ["a name of a setting", (value) => ({ [String(value)]: value })],
];

describe("Any config gives a site or readable issues, and never a stack trace:", () => {
  for (const [name, config] of places)
    it(name, () => {
      for (const value of values) {
        const asked = configWith(config(value));
        const { settings, issues } = readSettings(asked);
        const more = [
          ...plainSecrets(asked, () => false),
          ...missingCredentials(asked, { config: {}, environment: {}, home: "/", read: () => undefined }),
        ];
        assert.equal(settings === undefined, issues.length > 0);
        for (const { key, message } of [...issues, ...more]) {
          assert.ok(key !== "" && message.includes("\n"), JSON.stringify({ key, message }));
          // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them.
          assert.doesNotMatch(report("dev", [{ key, message }]), /[\0-\x09\x0b-\x1f]/, name);
          // The command contains the whole key.
          assert.ok(message.length < key.length + 1000, `${name}: ${message.length} characters`);
        }
        if (!settings) continue;
        const appDatabasePasswords = Object.fromEntries(settings.apps.map((each) => [each.name, "secret"]));
        bundleOf(buildSite("jupyter-up-test", settings, layout), { ...secrets, appDatabasePasswords });
      }
    });
});
