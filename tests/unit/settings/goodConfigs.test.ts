import assert from "node:assert/strict";
import { homedir } from "node:os";
import { describe, it } from "@jest/globals";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { readSettings } from "../../../settings/read.ts";
import { Unquoted } from "../../../settings/unquoted.ts";
import { authority, inCluster, kubeconfig } from "../../support/kubeconfig.ts";
import { configWith, opened, settingsWith } from "../../support/settings.ts";

const bcrypt = (start: string) => `${start}${"a".repeat(53)}`;

const client = { clientId: "an-id", clientSecret: "a-secret" };
const oidc = {
  provider: "oidc",
  authUrl: "https://id.example.com/authorize",
  tokenUrl: "https://id.example.com/token",
  userInfoUrl: "https://id.example.com/userinfo",
  ...client,
} as const;
const { certificate, certificateKey } = selfSigned(["lab.example.com", "*.lab.example.com"]);
const key = certificateKey.trim();
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA";
const plainApp = {
  environment: {},
  secrets: {},
  volumes: [],
  files: {},
  database: false,
  memory: "256m",
  websocket: false,
  crossSite: false,
};
const fullApp = {
  name: "demo",
  image: "registry.example.com/demo:1.2",
  port: 8080,
  title: "Wine & cheese",
  secrets: { API_KEY: "a-secret" },
  volumes: ["/data"],
  files: { "/srv/app": "files/php-demo" },
  database: true,
  schema: "files/php-demo/schema.sql",
  shared: true,
  memory: "1g",
  path: "/healthz?full=1",
  websocket: true,
  crossSite: true,
};

const keepAll = { all: 1, hourly: 7, daily: 30, monthly: 365 };
const PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
const keptHistory = { every: 15, keep: keepAll, maxPercent: 20 };
const keepBackups = { hourly: 2, daily: 30, monthly: 365 };
const local = { kind: "local", port: 8443, httpPort: 8080, notebooks: "notebooks" };
const jupyter = { image: "quay.io/jupyter/scipy-notebook", tag: "2026-08-08", packages: [] };
const gcp = {
  kind: "gcp",
  project: "my-project-123456",
  zone: "us-central1-a",
  machineType: "e2-micro",
  bootDiskGb: 10,
  dataDiskGb: 20,
  protectData: true,
  dailySnapshots: undefined,
  boost: false,
  sshFrom: ["203.0.113.7/32"],
};
const behindCloudflare = {
  dns: { provider: "cloudflare", zone: undefined, proxied: true },
  tls: { mode: "cloudflare-origin" },
};

const { database: _, schema, shared, ...ofFullApp } = fullApp;
const resolvedApp = { ...ofFullApp, database: { schema, shared } };

describe("A valid config", () => {
  it("becomes complete settings", () => {
    assert.deepEqual(settingsWith(), {
      target: local,
      forwarded: undefined,
      domain: "lab.example.com",
      home: "",
      hostNames: ["lab.example.com", "vouch.lab.example.com", "dex.lab.example.com", "jupyter.lab.example.com"],
      allow: ["ann@example.com"],
      signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann Lee" }] },
      session: { idle: 12 * 3600, max: 30 * 86_400 },
      sessionRotation: undefined,
      people: { kind: "shared" },
      keys: [],
      jupyter,
      imageMirror: undefined,
      database: false,
      databaseRotation: undefined,
      apps: [],
      purge: [],
      history: false,
      backup: false,
      timezone: "UTC",
      reboots: false,
      dns: { provider: "none", proxied: false },
      tls: { mode: "private-ca" },
    });
  });

  const rows: [name: string, change: Record<string, unknown>, expected: Record<string, unknown>][] = [
    ["gets its domain in lower case", { domain: " Lab.Example.COM " }, { domain: "lab.example.com" }],
    [
      "may have keys, with a day that YAML read as a time",
      {
        keys: [
          { name: "a", for: " Ann@Example.com", until: new Unquoted("2099-12-31", "2099-12-31 00:00:00 +0000 UTC") },
        ],
      },
      { keys: [{ name: "a", for: "ann@example.com", until: "2099-12-31", may: "read", at: "jupyter" }] },
    ],
    ["may have a domain of two labels", { domain: "lab.localhost" }, { domain: "lab.localhost" }],
    [
      "may be on another machine without DNS records, reached by an SSH forward only",
      { target: "gcp", domain: "lab.localhost", dns: "none", port: "9443" },
      { target: gcp, domain: "lab.localhost", forwarded: { port: 9443, httpPort: 8080 }, tls: { mode: "private-ca" } },
    ],
    [
      "may have no DNS records and be public",
      { target: "gcp", dns: "none" },
      { target: gcp, forwarded: undefined, dns: { provider: "none", proxied: false } },
    ],
    [
      "may have an internationalized domain in Punycode",
      { domain: "xn--mnchen-3ya.de" },
      { domain: "xn--mnchen-3ya.de" },
    ],
    [
      "may have a domain of 245 characters",
      { domain: `${"a.".repeat(117)}example.com` },
      { domain: `${"a.".repeat(117)}example.com` },
    ],
    [
      "may name another image of Docker Stacks",
      { image: "r-notebook" },
      { jupyter: { ...jupyter, image: "quay.io/jupyter/r-notebook" } },
    ],
    [
      "may name that image with its registry",
      { image: "quay.io/jupyter/r-notebook" },
      { jupyter: { ...jupyter, image: "quay.io/jupyter/r-notebook" } },
    ],
    [
      "may name the user's own image, with any version",
      { image: "registry.example.com:5000/team/lab", imageTag: "4.10" },
      { jupyter: { ...jupyter, image: "registry.example.com:5000/team/lab", tag: "4.10" } },
    ],
    [
      "may name an image in a registry on this machine",
      { image: "localhost/lab", imageTag: "v1" },
      { jupyter: { ...jupyter, image: "localhost/lab", tag: "v1" } },
    ],
    ["may have a leap day as its tag", { imageTag: "2028-02-29" }, { jupyter: { ...jupyter, tag: "2028-02-29" } }],
    [
      "may have the shortest and the longest session",
      { session: { idle: "5m", max: "365d" } },
      { session: { idle: 300, max: 365 * 86_400 } },
    ],
    [
      "may have a session in any unit",
      { session: { idle: "90m", max: "36h" } },
      { session: { idle: 90 * 60, max: 36 * 3600 } },
    ],
    [
      "gets the default of each part of the session that is absent",
      { session: { idle: "1h" } },
      { session: { idle: 3600, max: 30 * 86_400 } },
    ],
    ["may have an empty session", { session: {} }, { session: { idle: 12 * 3600, max: 30 * 86_400 } }],
    [
      "may give each person a server",
      { people: "own" },
      { people: { kind: "own", on: { kind: "here", memoryMiB: 1024 }, idle: 7200, most: 6 } },
    ],
    [
      "may have limits of the servers",
      { people: "own", servers: { memory: "512m", idle: "10m", most: 12 } },
      { people: { kind: "own", on: { kind: "here", memoryMiB: 512 }, idle: 600, most: 12 } },
    ],
    [
      "may have the servers in a cluster",
      inCluster,
      {
        people: {
          kind: "own",
          on: {
            kind: "kubernetes",
            cluster: {
              kubeconfig: kubeconfig(),
              api: { url: "https://10.128.0.9:6443", authority },
              address: "10.128.0.2",
              storageClass: undefined,
            },
            sizes: [{ name: "Standard", cpu: 1, memoryMiB: 4096, gpus: 0, nodes: {}, price: undefined }],
            homeGb: 10,
          },
          idle: 7200,
          most: 6,
        },
      },
    ],
    [
      "may have sizes of servers, and more of them than one machine has",
      {
        people: "own",
        servers: {
          on: "kubernetes",
          most: 40,
          home: 50,
          sizes: [
            { name: "Small", cpu: "0.5", memory: "2g", price: "$0.06 an hour" },
            { name: "GPU", cpu: 4, memory: "16g", gpus: 1, nodes: { "cloud.google.com/gke-accelerator": "nvidia-l4" } },
          ],
        },
        cluster: {
          kubeconfig: kubeconfig({ "certificate-authority-data": undefined }),
          address: "10.128.0.2",
          storageClass: "fast",
        },
      },
      {
        people: {
          kind: "own",
          on: {
            kind: "kubernetes",
            cluster: {
              kubeconfig: kubeconfig({ "certificate-authority-data": undefined }),
              api: { url: "https://10.128.0.9:6443", authority: undefined },
              address: "10.128.0.2",
              storageClass: "fast",
            },
            sizes: [
              { name: "Small", cpu: 0.5, memoryMiB: 2048, gpus: 0, nodes: {}, price: "$0.06 an hour" },
              {
                name: "GPU",
                cpu: 4,
                memoryMiB: 16384,
                gpus: 1,
                nodes: { "cloud.google.com/gke-accelerator": "nvidia-l4" },
                price: undefined,
              },
            ],
            homeGb: 50,
          },
          idle: 7200,
          most: 40,
        },
      },
    ],
    ["may have a mirror", { imageMirror: "mirror.example.com" }, { imageMirror: "mirror.example.com" }],
    [
      "may have a mirror with a port and a path",
      { imageMirror: "127.0.0.1:5083/hub" },
      { imageMirror: "127.0.0.1:5083/hub" },
    ],
    [
      "gets its allow list in lower case",
      { allow: [" Ann@Example.com", "@Example.ORG "] },
      { allow: ["ann@example.com", "@example.org"] },
    ],
    [
      "may allow unusual addresses",
      { allow: ["o'brien+jupyter@mail.example.co.uk", "a.b-c_d@example.com", "~x&y=z!#/%@example.com"] },
      { allow: ["o'brien+jupyter@mail.example.co.uk", "a.b-c_d@example.com", "~x&y=z!#/%@example.com"] },
    ],
    [
      "gets its users' addresses in lower case",
      { signIn: { provider: "dex", users: [{ email: "Ann@Example.com " }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com" }] } },
    ],
    [
      "may omit the provider, as when a user is set by its path",
      { signIn: { users: [{ email: "ann@example.com" }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com" }] } },
    ],
    [
      "may have user names in any script",
      { signIn: { users: [{ email: "ann@example.com", name: "Ann O'Neill-李 🌱; {x}" }] } },
      { signIn: { provider: "dex", users: [{ email: "ann@example.com", name: "Ann O'Neill-李 🌱; {x}" }] } },
    ],
    [
      "may have password hashes of cost 10 to 15",
      {
        signIn: {
          users: [
            { email: "ann@example.com", passwordHash: bcrypt("$2y$10$") },
            { email: "bob@example.com", passwordHash: bcrypt("$2b$15$") },
          ],
        },
      },
      {
        signIn: {
          provider: "dex",
          users: [
            { email: "ann@example.com", passwordHash: bcrypt("$2y$10$") },
            { email: "bob@example.com", passwordHash: bcrypt("$2b$15$") },
          ],
        },
      },
    ],
    [
      "may have the lowest and the highest port",
      { port: "1", httpPort: "65535" },
      { target: { ...local, port: 1, httpPort: 65535 } },
    ],
    ["may have ports as numbers", { port: 443, httpPort: 80 }, { target: { ...local, port: 443, httpPort: 80 } }],
    ["may turn the history on", { history: {} }, { history: keptHistory }],
    [
      "may set only a part of the history, with defaults for the rest",
      { history: { every: "60", keep: { monthly: 0 }, maxPercent: 50 } },
      { history: { every: 60, keep: { ...keepAll, monthly: 0 }, maxPercent: 50 } },
    ],
    [
      "may name a folder for the backup",
      { backup: { to: "/mnt/backup" }, history: {} },
      { history: keptHistory, backup: { to: { kind: "folder", folder: "/mnt/backup" }, keep: keepBackups } },
    ],
    [
      "may leave the folder of the backup to this machine",
      { backup: { keep: { hourly: 0 } }, history: {} },
      { history: keptHistory, backup: { to: { kind: "folder" }, keep: { ...keepBackups, hourly: 0 } } },
    ],
    [
      "may have a backup below the home directory",
      { backup: { to: "~/backup" }, history: {} },
      { history: keptHistory, backup: { to: { kind: "folder", folder: `${homedir()}/backup` }, keep: keepBackups } },
    ],
    [
      "may have a backup on a machine reached by SFTP",
      { backup: { to: "sftp:ann@nas.lan:/b", privateKey: PRIVATE_KEY, hostKey: "ssh-ed25519 AAAA" }, history: {} },
      {
        history: keptHistory,
        backup: {
          to: { kind: "sftp", url: "sftp:ann@nas.lan:/b", privateKey: `${PRIVATE_KEY}\n`, hostKey: "ssh-ed25519 AAAA" },
          keep: keepBackups,
        },
      },
    ],
    [
      "may have a backup in a bucket",
      { backup: { to: "s3:s3.example.com/bucket", accessKey: "AKIA1", secretKey: "x/+=" }, history: {} },
      {
        history: keptHistory,
        backup: {
          to: { kind: "s3", url: "s3:s3.example.com/bucket", accessKey: "AKIA1", secretKey: "x/+=" },
          keep: keepBackups,
        },
      },
    ],
    [
      "may have a backup in a bucket of its own, daily snapshots, and a bigger machine type for some hours",
      { target: "gcp", backup: { to: "bucket" }, history: {}, dailySnapshots: "true", boost: "true" },
      {
        target: { ...gcp, dailySnapshots: true, boost: true },
        ...behindCloudflare,
        history: keptHistory,
        backup: { to: { kind: "bucket" }, keep: keepBackups },
      },
    ],
    [
      "may have a backup in a bucket at Google",
      { backup: { to: "gs:bucket:/", credentials: '{"type":"service_account"}' }, history: {} },
      {
        history: keptHistory,
        backup: {
          to: { kind: "gs", url: "gs:bucket:/", credentials: '{"type":"service_account"}' },
          keep: keepBackups,
        },
      },
    ],
    [
      "may have its own key for the backup",
      { backup: { to: "/mnt/backup", key: "0123456789abcdef" }, history: {} },
      {
        history: keptHistory,
        backup: { to: { kind: "folder", folder: "/mnt/backup" }, keep: keepBackups, key: "0123456789abcdef" },
      },
    ],
    [
      "may restore the backup of another stack",
      {
        backup: {
          to: "/mnt/backup",
          key: "0123456789abcdef",
          restore: { from: "jupyter-up-dev", at: "2026-11-28T07:15:00Z" },
        },
        history: {},
      },
      {
        history: keptHistory,
        backup: {
          to: { kind: "folder", folder: "/mnt/backup" },
          keep: keepBackups,
          key: "0123456789abcdef",
          restore: { from: "jupyter-up-dev", at: "2026-11-28T07:15:00" },
        },
      },
    ],
    [
      "may have its notebooks below the home directory",
      { notebooks: "~/work" },
      { target: { ...local, notebooks: "~/work" } },
    ],
    [
      "may have its notebooks anywhere",
      { notebooks: "/srv/My Notebooks" },
      { target: { ...local, notebooks: "/srv/My Notebooks" } },
    ],
    [
      "may have dots in the name of the notebooks folder",
      { notebooks: "..notes/.x" },
      { target: { ...local, notebooks: "..notes/.x" } },
    ],
    [
      "may use Okta, with its domain given as a URL",
      { signIn: { provider: "okta", domain: "https://Dev-123456.okta.com/", ...client } },
      { signIn: { provider: "okta", domain: "dev-123456.okta.com", ...client, users: [] } },
    ],
    [
      "may use Google for sign-in",
      { signIn: { provider: "google", ...client } },
      { signIn: { provider: "google", ...client, users: [] } },
    ],
    [
      "may use GitHub for sign-in, with GitHub user names on the allow list",
      { signIn: { provider: "github", ...client }, allow: ["Ann-Lee"] },
      { signIn: { provider: "github", ...client, users: [] }, allow: ["ann-lee"] },
    ],
    ["may use any OpenID Connect provider for sign-in", { signIn: oidc }, { signIn: { ...oidc, users: [] } }],
    ["may have target gcp", { target: "gcp" }, { target: gcp, ...behindCloudflare }],
    [
      "may have target gcp with one disk, no protection and two SSH ranges",
      { target: "gcp", dataDiskGb: "0", protectData: "false", sshFrom: ["203.0.113.7/32", "198.51.100.0/24"] },
      {
        target: { ...gcp, dataDiskGb: 0, protectData: false, sshFrom: ["203.0.113.7/32", "198.51.100.0/24"] },
        ...behindCloudflare,
      },
    ],
    [
      "may have any zone and machine type",
      { target: "gcp", zone: "northamerica-northeast1-c", machineType: "n2d-highmem-2" },
      {
        target: { ...gcp, zone: "northamerica-northeast1-c", machineType: "n2d-highmem-2" },
        ...behindCloudflare,
      },
    ],
    [
      "may have target ssh with an IP address",
      { target: "ssh", ssh: { host: "203.0.113.7", privateKey: ` ${key} `, hostKey } },
      {
        target: {
          kind: "ssh",
          host: "203.0.113.7",
          user: "root",
          port: 22,
          privateKey: `${key}\n`,
          hostKey,
          address: "203.0.113.7",
        },
        ...behindCloudflare,
      },
    ],
    [
      "may have target ssh with a host name and dns: none",
      { target: "ssh", dns: "none", ssh: { host: "box.lan", user: "ann", port: "2222", privateKey: key, hostKey } },
      {
        target: {
          kind: "ssh",
          host: "box.lan",
          user: "ann",
          port: 2222,
          privateKey: `${key}\n`,
          hostKey,
          address: "box.lan",
        },
      },
    ],
    [
      "may have proxied: false with a certificate of Let's Encrypt",
      { target: "gcp", proxied: "false", acmeEmail: "ann@example.com", dnsZone: "example.com" },
      {
        target: gcp,
        dns: { provider: "cloudflare", zone: "example.com", proxied: false },
        tls: { mode: "letsencrypt", email: "ann@example.com", server: undefined },
      },
    ],
    [
      "may have a certificate provided by the user",
      { tls: "provided", tlsCertificate: `${certificate}\n\n`, tlsKey: key },
      { tls: { mode: "provided", certificate, key: `${key}\n` } },
    ],
    [
      "may have packages with versions and extras",
      { packages: ["polars", "scikit-learn>=1.5,<2", "dask[dataframe]==2026.3"] },
      { jupyter: { ...jupyter, packages: ["polars", "scikit-learn>=1.5,<2", "dask[dataframe]==2026.3"] } },
    ],
    [
      "may have an app with only its required settings",
      { apps: [{ name: "whoami", image: "traefik/whoami:v1.11.0", port: "80" }] },
      { apps: [{ ...plainApp, name: "whoami", image: "docker.io/traefik/whoami:v1.11.0", port: 80 }] },
    ],
    [
      "may have an app with every setting",
      { database: "true", apps: [{ ...fullApp, allow: ["Ann@Example.com"], environment: { LEVEL: 3, DEBUG: true } }] },
      {
        database: { tag: "11.8" },
        apps: [{ ...resolvedApp, allow: ["ann@example.com"], environment: { LEVEL: "3", DEBUG: "true" } }],
      },
    ],
    ["may purge an app's data", { purge: ["old"] }, { purge: ["old"] }],
    ["may have a front page with its own label", { home: "home" }, { home: "home" }],
  ];
  for (const [name, change, expected] of rows)
    it(name, () => {
      const { settings, issues } = readSettings(configWith(change));
      assert.deepEqual(issues, []);
      // Derived from others, and tested in reboots.test.ts.
      const { hostNames, reboots } = settings ?? {};
      assert.deepEqual(opened(settings), { ...settingsWith(), hostNames, reboots, ...expected });
    });
});
