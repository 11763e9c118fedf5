import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { SiteSecrets, type SiteSecretsArgs } from "../../../components/release/siteSecrets.ts";
import { Sensitive } from "../../../settings/sensitive.ts";
import { MARKER, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { settingsWith } from "../../support/settings.ts";

describe("The site's secrets", () => {
  const passwordHash = "$2b$10$of-the-settings";
  const apps = [
    { name: "phpdemo", database: true, secrets: new Sensitive({}) },
    { name: "whoami", database: false, secrets: new Sensitive({ TOKEN: `${MARKER}-of-the-settings` }) },
  ] as unknown as SiteSecretsArgs["apps"];
  let run: Run;
  beforeAll(async () => {
    run = await runUnderMocks({}, async () => {
      const users = [
        { email: "ann@example.com" },
        { email: "bob@example.com", passwordHash: new Sensitive(passwordHash) },
      ];
      const { values, passwords } = new SiteSecrets("secrets", {
        signIn: { provider: "dex", users },
        apps,
        keys: [],
        databaseRotation: "2026-11",
      });
      return { ...values, passwords, unsecret: pulumi.unsecret(pulumi.output(values)) };
    });
  });

  it("are each generated once, and long enough", () => {
    const lengths = run.resources.filter(({ custom }) => custom).map(({ name, inputs }) => [name, inputs.length]);
    assert.deepEqual(Object.fromEntries(lengths.filter(([name]) => name !== "jupyter-up-test")), {
      "secrets-password-ann@example.com": 16,
      "secrets-vouch-jwt": 48,
      "secrets-vouch-session": 48,
      "secrets-oidc-client": 48,
      "secrets-door": 48,
      "secrets-naming": 48,
      "secrets-backup": 48,
      "secrets-database-root": 48,
      "secrets-database-notebooks": 48,
      "secrets-database-phpdemo": 48,
    });
  });

  it("need no quoting in any file that contains them", () => {
    for (const { inputs } of run.resources.filter(({ type }) => type.startsWith("random:")))
      assert.equal(inputs.special, false);
  });

  it("are all marked as secret", () => {
    for (const [name, value] of Object.entries(run.exports))
      if (name !== "unsecret") assert.notEqual(secretOf(value), undefined, name);
  });

  it("are different values, each in its place", () => {
    const { passwordHashes, ...keys } = run.exports.unsecret as Record<string, string>;
    assert.deepEqual(keys, {
      vouchJwtSecret: `${MARKER}-secrets-vouch-jwt-result`,
      vouchSessionKey: `${MARKER}-secrets-vouch-session-result`,
      oidcClientSecret: `${MARKER}-secrets-oidc-client-result`,
      doorSecret: `${MARKER}-secrets-door-result`,
      namingKey: `${MARKER}-secrets-naming-result`,
      backupKey: `${MARKER}-secrets-backup-result`,
      databaseRootPassword: `${MARKER}-secrets-database-root-result`,
      notebooksDatabasePassword: `${MARKER}-secrets-database-notebooks-result`,
      appDatabasePasswords: { phpdemo: `${MARKER}-secrets-database-phpdemo-result` },
      keyHashes: {},
      appSecrets: { phpdemo: {}, whoami: { TOKEN: `${MARKER}-of-the-settings` } },
    });
  });

  it("of the database are replaced by another databaseRotation, and the others are not", () => {
    const rotated = run.resources.filter(({ inputs }) => inputs.keepers !== undefined);
    assert.deepEqual(
      rotated.map(({ name }) => name),
      ["secrets-database-root", "secrets-database-notebooks", "secrets-database-phpdemo"],
    );
    for (const { inputs } of rotated) assert.deepEqual(inputs.keepers, { rotation: "2026-11" });
  });

  it("have a password hash for every user: of a generated password, or from the settings", () => {
    assert.deepEqual(secretOf(run.exports.passwordHashes), {
      "ann@example.com": `${MARKER}-secrets-password-ann@example.com-hash`,
      "bob@example.com": passwordHash,
    });
  });

  it("have a password only for users whose password was generated", () => {
    assert.deepEqual(secretOf(run.exports.passwords), {
      "ann@example.com": `${MARKER}-secrets-password-ann@example.com-result`,
    });
  });
});

describe("Another sessionRotation", () => {
  /** The keepers of each random secret: the engine replaces it when one of them changes. */
  async function inputsWith(sessionRotation?: string): Promise<Record<string, unknown>> {
    const { resources } = await runUnderMocks({}, async () => {
      const signIn = { provider: "dex" as const, users: [{ email: "ann@example.com" }] };
      new SiteSecrets("secrets", { signIn, apps: [], keys: [], sessionRotation });
    });
    const random = resources.filter(({ type }) => type.startsWith("random:"));
    return Object.fromEntries(random.map(({ name, inputs }) => [name, inputs]));
  }

  it("replaces the two keys that sign sessions, and nothing else", async () => {
    const [before, after] = [await inputsWith("1"), await inputsWith("2")];
    const changed = Object.keys(before).filter((name) => !isDeepStrictEqual(before[name], after[name]));
    assert.deepEqual(changed, ["secrets-vouch-jwt", "secrets-vouch-session"]);
  });

  it("that is absent keeps both keys of an older stack", async () => {
    const inputs = await inputsWith();
    for (const name of ["secrets-vouch-jwt", "secrets-vouch-session"])
      assert.deepEqual(inputs[name], { length: 48, special: false });
  });
});

describe("The secrets of a site with apps and an external identity provider", () => {
  const clientSecret = "given-at-the-registration";
  const app = (name: string, database: boolean) => {
    const [made] = settingsWith({
      database: "true",
      apps: [{ name, image: "adminer:5.4.0", port: 8080, database, secrets: { API_KEY: `key-of-${name}` } }],
    }).apps;
    assert.ok(made);
    return made;
  };
  let run: Run;
  beforeAll(async () => {
    run = await runUnderMocks({}, async () => {
      const { values } = new SiteSecrets("secrets", {
        signIn: { provider: "google", clientId: "x", clientSecret: new Sensitive(clientSecret), users: [] },
        apps: [app("adminer", true), app("whoami", false)],
        keys: [],
        databaseRotation: "2026-11",
      });
      return { ...values };
    });
  });

  it("use the client secret of the settings, and generate none", () => {
    assert.equal(secretOf(run.exports.oidcClientSecret), clientSecret);
    assert.equal(
      run.resources.some(({ name }) => name === "secrets-oidc-client"),
      false,
    );
  });

  it("have a database password for each app with a database", () => {
    assert.deepEqual(secretOf(run.exports.appDatabasePasswords), {
      adminer: `${MARKER}-secrets-database-adminer-result`,
    });
  });

  it("have each app's own secrets", () => {
    assert.deepEqual(secretOf(run.exports.appSecrets), {
      adminer: { API_KEY: "key-of-adminer" },
      whoami: { API_KEY: "key-of-whoami" },
    });
  });

  it("have new passwords of the database, and no others, after another databaseRotation", () => {
    for (const { name, inputs } of run.resources.filter(({ type }) => type.startsWith("random:")))
      assert.deepEqual(
        inputs.keepers,
        name.startsWith("secrets-database-") ? { rotation: "2026-11" } : undefined,
        name,
      );
  });
});

describe("The keys of programs", () => {
  const [laptop, robot] = settingsWith({
    allow: ["ann@example.com", "bob@example.com"],
    keys: [
      { name: "laptop", for: "ann@example.com", until: "2099-12-31" },
      { name: "robot", for: "bob@example.com", until: "2099-12-31" },
    ],
  }).keys;
  assert.ok(laptop && robot);
  async function runWith(keys: SiteSecretsArgs["keys"]) {
    const run = await runUnderMocks({}, async () => {
      const signIn = { provider: "dex" as const, users: [{ email: "ann@example.com" }] };
      const made = new SiteSecrets("secrets", { signIn, apps: [], keys });
      return { keys: made.keys, hashes: made.values.keyHashes };
    });
    const random = run.resources.filter(({ name }) => name.startsWith("secrets-key-"));
    return { ...run, made: Object.fromEntries(random.map(({ name, inputs }) => [name, inputs])) };
  }

  it("have 256 random bits and a prefix, and are secret", async () => {
    const { made, exports } = await runWith([laptop, robot]);
    assert.deepEqual(made, {
      "secrets-key-laptop": { length: 43, special: false, keepers: { for: "ann@example.com" } },
      "secrets-key-robot": { length: 43, special: false, keepers: { for: "bob@example.com" } },
    });
    assert.ok(43 * Math.log2(62) >= 256);
    assert.deepEqual(secretOf(exports.keys), {
      laptop: `jup_${MARKER}-secrets-key-laptop-result`,
      robot: `jup_${MARKER}-secrets-key-robot-result`,
    });
  });

  it("have a SHA-256 each for the machine", async () => {
    const { exports } = await runWith([laptop]);
    const { laptop: key = "" } = secretOf(exports.keys) as Record<string, string>;
    assert.deepEqual(secretOf(exports.hashes), { laptop: createHash("sha256").update(key).digest("hex") });
  });

  it("are replaced for another person, and stay with another end, purpose or place", async () => {
    const before = (await runWith([laptop])).made;
    assert.deepEqual((await runWith([{ ...laptop, until: "2100-01-01", may: "run", at: "whoami" }])).made, before);
    assert.notDeepEqual((await runWith([{ ...laptop, for: "bob@example.com" }])).made, before);
  });
});
