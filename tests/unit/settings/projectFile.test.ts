import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { isAtLeast } from "../../../scripts/cli/version.ts";
import { pulumiVersion } from "../../../scripts/pulumi/pulumiCli.ts";
import { configOf, readSettings } from "../../../settings/read.ts";
import { settingsSchema } from "../../../settings/schema.ts";
import { declaredSettings, projectFile, pulumiConfig, stackConfig } from "../../support/projectFile.ts";
import { projectFiles, readText } from "../docs/markdown.ts";

const settingsOf = (config: Record<string, unknown>) => readSettings(configOf("jupyter-up", pulumiConfig(config)));

describe("Pulumi.yaml", () => {
  it("declares exactly the settings of the schema, in the same order", () => {
    assert.deepEqual(Object.keys(declaredSettings()), Object.keys(settingsSchema.shape));
  });

  for (const [key, { description, default: value }] of Object.entries(declaredSettings()))
    it(`gives ${key} a description, and a default so that Pulumi does not require it`, () => {
      assert.match(description, /^[A-Z].{20,}/);
      assert.notEqual(value, undefined);
    });

  it("requires a CLI version with every feature that the program uses, and no newer one than npm start installs", () => {
    const [, oldest = ""] = /^>=(\d+\.\d+\.\d+)$/.exec(String(projectFile().requiredPulumiVersion)) ?? [];
    assert.ok(isAtLeast(pulumiVersion, oldest));
    assert.ok(isAtLeast(oldest, "3.226.0"), "which ends spurious replacements by a replacementTrigger");
  });

  it("makes a template that asks for existing settings", () => {
    const { config } = projectFile().template as { config: Record<string, { description: string }> };
    for (const [key, { description }] of Object.entries(config)) {
      assert.ok(key in settingsSchema.shape, key);
      assert.match(description, /^[A-Z].{20,}/, key);
    }
  });

  it("makes a template of which pulumi new changes no file but Pulumi.yaml", () => {
    const replaced = projectFiles().filter((path) => /\$\{(PROJECT|DESCRIPTION)\}/.test(readText(path)));
    assert.deepEqual(replaced, []);
  });

  it("has defaults for everything except the allow list and the users", () => {
    const { issues } = settingsOf({});
    assert.deepEqual(
      issues.map(({ key }) => key),
      ["allow", "signIn.users"],
    );
  });

  it("gives complete settings for target local with only an allow list and a user added", () => {
    const { settings, issues } = settingsOf({
      "jupyter-up:allow": ["ann@example.com"],
      "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
    });
    assert.deepEqual(issues, []);
    assert.deepEqual(settings, {
      target: { kind: "local", port: 8443, httpPort: 8080, notebooks: "notebooks" },
      forwarded: undefined,
      domain: "lab.localhost",
      home: "",
      hostNames: ["lab.localhost", "vouch.lab.localhost", "dex.lab.localhost", "jupyter.lab.localhost"],
      allow: ["ann@example.com"],
      signIn: { provider: "dex", users: [{ email: "ann@example.com" }] },
      session: { idle: 12 * 3600, max: 30 * 86_400 },
      sessionRotation: undefined,
      keys: [],
      people: { kind: "shared" },
      jupyter: { image: "quay.io/jupyter/scipy-notebook", tag: "2026-08-08", packages: [] },
      imageMirror: undefined,
      database: { tag: "11.8" },
      databaseRotation: undefined,
      apps: [],
      purge: [],
      history: { every: 15, keep: { all: 1, hourly: 7, daily: 30, monthly: 365 }, maxPercent: 20 },
      backup: false,
      timezone: "UTC",
      reboots: false,
      dns: { provider: "none", proxied: false },
      tls: { mode: "private-ca" },
    });
  });
});

describe("The demo of Pulumi.local.yaml and Pulumi.dev.yaml", () => {
  it("starts no more processes of PHP than its memory limit allows, at 40 MB each", () => {
    for (const stack of ["local", "dev"]) {
      const { settings } = settingsOf(stackConfig(stack));
      const [demo] = settings?.apps ?? [];
      assert.equal(demo?.memory, "256m");
      const processes = Number(demo.environment.PHP_FPM_PM_MAX_CHILDREN);
      assert.ok(processes >= 4 && processes * 40 <= 256, `${processes}`);
    }
  });
});

describe("Pulumi.local.yaml", () => {
  it("is valid without changes", () => {
    const { settings, issues } = settingsOf(stackConfig("local"));
    assert.deepEqual(issues, []);
    assert.equal(settings?.target.kind, "local");
  });

  it("allows every user who can sign in", () => {
    const { settings } = settingsOf(stackConfig("local"));
    assert.ok(settings);
    for (const { email } of settings.signIn.users) assert.ok(settings.allow.includes(email), email);
  });
});

describe("Pulumi.dev.yaml", () => {
  it("is valid once its five placeholder values are filled in, and the placeholders are well-formed", () => {
    const { settings, issues } = settingsOf(stackConfig("dev"));
    assert.deepEqual(issues, []);
    assert.equal(settings?.target.kind, "gcp");
  });
});
