import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { readSettings } from "../../settings/read.ts";
import type { Settings } from "../../settings/resolve.ts";
import { Sensitive } from "../../settings/sensitive.ts";
import type { Gcp } from "../../settings/target/gcp.ts";

/** A config with every setting, as `configOf` returns it: texts, and parsed lists and objects. */
export const validConfig: Readonly<Record<string, unknown>> = {
  target: "local",
  domain: "lab.example.com",
  home: "",
  allow: ["ann@example.com"],
  signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann Lee" }] },
  session: { idle: "12h", max: "30d" },
  sessionRotation: "",
  keys: [],
  people: "shared",
  servers: {},
  cluster: {},
  image: "scipy-notebook",
  imageTag: "2026-08-08",
  imageMirror: "",
  packages: [],
  database: "false",
  databaseTag: "11.8",
  databaseRotation: "",
  apps: [],
  purge: [],
  history: { every: 0 },
  backup: { to: "none" },
  timezone: "UTC",
  reboots: "",
  notebooks: "notebooks",
  port: "8443",
  httpPort: "8080",
  project: "my-project-123456",
  zone: "us-central1-a",
  machineType: "e2-micro",
  bootDiskGb: "10",
  dataDiskGb: "20",
  protectData: "true",
  dailySnapshots: "",
  boost: "false",
  sshFrom: ["203.0.113.7/32"],
  ssh: {},
  dns: "cloudflare",
  dnsZone: "",
  proxied: "true",
  tls: "",
  tlsCertificate: "",
  tlsKey: "",
  acmeEmail: "",
  acmeServer: "",
};

/** The valid config with changes; `undefined` removes a setting. */
export function configWith(changes: Record<string, unknown>): Record<string, unknown> {
  const config = { ...validConfig, ...changes };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** Settings with their secrets unwrapped, for comparisons. */
export function opened(value: unknown): unknown {
  if (value instanceof Sensitive) return value.output(((inner: unknown) => inner) as typeof pulumi.secret);
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, opened(part)]));
}

/** The VM of the valid config for target gcp with changes. */
export function gcpWith(changes: Record<string, unknown> = {}): Gcp {
  const { target } = settingsWith({ target: "gcp", ...changes });
  assert.ok(target.kind === "gcp");
  return target;
}

/** The settings of the valid config with changes. */
export function settingsWith(changes: Record<string, unknown> = {}): Settings {
  const { settings, issues } = readSettings(configWith(changes));
  assert.deepEqual(issues, []);
  assert.ok(settings);
  return settings;
}
