import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { isAtLeast } from "../../../scripts/cli/version.ts";
import { pulumiVersion } from "../../../scripts/pulumi/pulumiCli.ts";
import { configOf, readSettings } from "../../../settings/read.ts";
import { settingsSchema } from "../../../settings/schema.ts";
import { declaredSettings, handedOver, projectFile, stackConfig } from "../../support/projectFile.ts";

const settingsOf = (config: Record<string, unknown>) => readSettings(configOf("jupyter-up", handedOver(config)));

describe("Pulumi.yaml", () => {
  it("declares the settings that the schema knows, in the same order", () => {
    assert.deepEqual(Object.keys(declaredSettings()), Object.keys(settingsSchema.shape));
  });

  for (const [key, { description, default: value }] of Object.entries(declaredSettings()))
    it(`describes ${key} and gives it a default, without which Pulumi would demand it`, () => {
      assert.match(description, /^[A-Z].{20,}/);
      assert.notEqual(value, undefined);
    });

  it("demands a CLI of which the one that npm start fetches is one, and no older than what the program uses", () => {
    const [, oldest = ""] = /^>=(\d+\.\d+\.\d+)$/.exec(String(projectFile().requiredPulumiVersion)) ?? [];
    assert.ok(isAtLeast(pulumiVersion, oldest));
    assert.ok(isAtLeast(oldest, "3.226.0"), "which ends spurious replacements by a replacementTrigger");
  });

  it("has defaults that are good but for what nobody can know: who may come in, and who signs in", () => {
    const { issues } = settingsOf({});
    assert.deepEqual(
      issues.map(({ key }) => key),
      ["allow", "signIn.users"],
    );
  });

  it("makes complete settings for this machine of an allow list and a user", () => {
    const { settings, issues } = settingsOf({
      "jupyter-up:allow": ["ann@example.com"],
      "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
    });
    assert.deepEqual(issues, []);
    assert.deepEqual(settings, {
      target: { kind: "local", port: 8443, httpPort: 8080, notebooks: "notebooks" },
      domain: "lab.localhost",
      home: "",
      hostNames: ["lab.localhost", "vouch.lab.localhost", "dex.lab.localhost", "jupyter.lab.localhost"],
      allow: ["ann@example.com"],
      signIn: { provider: "dex", users: [{ email: "ann@example.com" }] },
      sessionRotation: undefined,
      jupyter: { image: "quay.io/jupyter/scipy-notebook", tag: "2026-08-08", packages: [] },
      imageMirror: undefined,
      database: { tag: "11.8" },
      databaseRotation: undefined,
      apps: [],
      purge: [],
      history: { every: 15, keep: { all: 1, hourly: 7, daily: 30, monthly: 365 }, maxPercent: 20 },
      dns: { provider: "none", proxied: false },
      tls: { mode: "private-ca" },
    });
  });
});

describe("Pulumi.local.yaml", () => {
  it("can be used as it comes", () => {
    const { settings, issues } = settingsOf(stackConfig("local"));
    assert.deepEqual(issues, []);
    assert.equal(settings?.target.kind, "local");
  });

  it("lets in everybody who can sign in", () => {
    const { settings } = settingsOf(stackConfig("local"));
    assert.ok(settings);
    for (const { email } of settings.signIn.users) assert.ok(settings.allow.includes(email), email);
  });
});

describe("Pulumi.dev.yaml", () => {
  it("can be used once its five values are filled in, which are good in form as they come", () => {
    const { settings, issues } = settingsOf(stackConfig("dev"));
    assert.deepEqual(issues, []);
    assert.equal(settings?.target.kind, "gcp");
  });
});
