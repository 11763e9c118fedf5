import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { parse } from "yaml";
import { localLayout } from "../../../components/host/localHost.ts";
import { bundleOf } from "../../../files/release/bundle.ts";
import type { ReleaseManifest, ServiceManifest } from "../../../files/release/manifest.ts";
import type { PodDefinition } from "../../../files/services/people-hub/cluster/podDefinition.ts";
import type { Secrets } from "../../../files/site/secrets.ts";
import { buildSite } from "../../../files/site/site.ts";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { checkout } from "../../../settings/checkout.ts";
import { isDate } from "../../../settings/jupyter/image.ts";
import type { Key } from "../../../settings/keys.ts";
import type { Settings } from "../../../settings/resolve.ts";
import type { Local } from "../../../settings/target/local.ts";
import { clusterAccess, inCluster, kubeconfig } from "../../support/kubeconfig.ts";
import { opened, settingsWith } from "../../support/settings.ts";
import { secrets } from "../../support/site.ts";
import { oddNames } from "../../support/texts.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf, sessionSettingsIn } from "../../support/unpack.ts";

/** The result of a config: its settings with their secrets unwrapped, and the files that programs read. */
export interface Outcome {
  settings: Plain;
  /** The content of a file of the release; `secretFile` of a secret file. */
  file(path: string): string;
  secretFile(path: string): string;
  /** The services of compose.yaml after Compose's interpolation of `$`. */
  services: ReturnType<typeof composeOf>["services"];
  /** The manifest of the release. */
  manifest: ReleaseManifest;
  /** One service of the manifest. */
  service(name: string): ServiceManifest;
}

/** The part of the settings that rows read, with secrets as texts. */
type Plain = Omit<Settings, "target" | "signIn" | "apps" | "tls"> & {
  target: Record<string, unknown>;
  signIn: Record<string, unknown> & { users?: { email: string; passwordHash?: string }[] };
  apps: {
    name: string;
    secrets: Record<string, string>;
    files: Record<string, string>;
    database: { schema?: string };
    allow?: string[];
  }[];
  tls: Record<string, unknown>;
};

export interface Row {
  /** The start of the key of the setting's issues. */
  key: string;
  /** The config with the text as the value of the setting. */
  config(text: string): Record<string, unknown>;
  /** Texts that must be accepted. Any other text is either accepted or refused. */
  taken: string[];
  /** The values at every place where the text arrives. */
  found(outcome: Outcome): unknown[];
  /** The form in which the text arrives, if several spellings mean the same. Default: unchanged, byte for byte. */
  form?(text: string): unknown;
  /** The test in which a real program reads it, or Pulumi's resources get it. */
  program: string;
}

/** The site of the settings, as index.ts builds it for target local. Each part is built when a row first reads it. */
export function outcomeOf(settings: Settings): Outcome {
  const plain = opened(settings) as Plain;
  const bundle = once(() => {
    const facts = { platform: "linux", getuid: () => 0 };
    const site = buildSite("jupyter-up-test", settings, localLayout(facts, { folder: "test", ...localOf(settings) }));
    return bundleOf(site, { ...secrets, cluster: clusterAccess, ...secretsOf(plain) });
  });
  const services = once(() => filledIn(composeOf(bundle().release).services) as Outcome["services"]);
  return {
    settings: plain,
    file: (path) => contentOf(bundle().release, path),
    secretFile: (path) => contentOf(bundle().secrets, path),
    get services() {
      return services();
    },
    get manifest() {
      return manifestOf(bundle().release);
    },
    service: (name) => serviceManifestOf(bundle().release, name),
  };
}

/** The local target of the settings; that of the valid config, if the settings have another target. */
function localOf({ target }: Settings): Local {
  return target.kind === "local" ? target : localOf(settingsWith());
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The secrets that components/release/siteSecrets.ts takes from the settings. */
function secretsOf({ signIn, apps, backup }: Plain): Partial<Secrets> {
  return {
    oidcClientSecret: String(signIn.clientSecret ?? "x"),
    passwordHashes: Object.fromEntries(
      (signIn.users ?? []).map(({ email, passwordHash = "" }) => [email, passwordHash]),
    ),
    ...(backup !== false && backup.key ? { backupKey: String(backup.key) } : {}),
    appSecrets: Object.fromEntries(apps.map(({ name, secrets }) => [name, secrets])),
    appDatabasePasswords: Object.fromEntries(apps.map(({ name }) => [name, "x"])),
  };
}

function filledIn(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [filledIn(key), filledIn(part)]));
}

/** The quoted text that the pattern finds in a file of nginx. */
function quotedIn(content: string, place: RegExp): string | undefined {
  return place.exec(content)?.[1]?.replace(/\\(.)/g, "$1");
}

const trimmed = (text: string) => text.trim();
const orNothing = (text: string) => text || undefined;
const trimmedOrNothing = (text: string) => text.trim() || undefined;
const lowerCase = (text: string) => text.trim().toLowerCase();
const withoutBlanks = (text: string) => text.replace(/\s/g, "");

const yaml = (text: string) => parse(text);
const oauth = ({ secretFile }: Outcome) => yaml(secretFile("config.yml")).oauth;
const firstUser = ({ secretFile }: Outcome) => yaml(secretFile("config.yaml")).staticPasswords[0];
const targetsOf = ({ services }: Outcome) => (services.whoami?.volumes ?? []).map(({ target }) => target);
const wordsBehind = (option: string, service?: Record<string, unknown>) =>
  ((service?.command ?? []) as string[]).filter((_, index, words) => words[index - 1] === option);
const imageOf = (service: string, { services }: Outcome) => String(services[service]?.image);

const APP = { name: "whoami", image: "docker.io/traefik/whoami:v1.11.0", port: 80 };
const CLIENT = { clientId: "x", clientSecret: "y" };
const OIDC = {
  provider: "oidc",
  ...{
    authUrl: "https://id.example.com/a",
    tokenUrl: "https://id.example.com/t",
    userInfoUrl: "https://id.example.com/u",
  },
  ...CLIENT,
};
const LETSENCRYPT = { target: "gcp", proxied: "false", tls: "letsencrypt", acmeEmail: "ann@example.com" };
const KEY = { name: "laptop", for: "ann@example.com", until: "2099-12-31" };
const ADDRESSES = ["o'brien+x@example.com", "~x&y=z!#/%@example.com", "-x@xn--mnchen-3ya.de"];
const URLS = ["https://id.example.com/$a?b=%20&c=1", "https://id.example.com:8443/ü/{x}#y"];
/** Texts that are file names for Unix, but possibly not for programs on the way. */
const FOLDERS = [
  "0755",
  "-a",
  "a,b:c",
  'it\'s "$HOME" $$ `id`',
  "a\\b #c {d} [e]*?",
  "~/李 🌱/%h",
  "/srv/\u202eabc",
  "a  b",
];
const PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
const SSH = { host: "box.lan", privateKey: PRIVATE_KEY, hostKey: "ssh-ed25519 AAAA" };
const OWN = selfSigned(settingsWith().hostNames);
const PROVIDED = { tls: "provided", tlsCertificate: OWN.certificate, tlsKey: OWN.certificateKey };

/** A top-level setting that only the program and Pulumi's resources read. */
function plain(setting: string, taken: string[], program: string, config: Record<string, unknown> = {}): Row {
  return {
    key: setting,
    config: (text) => ({ ...config, [setting]: text }),
    taken,
    form: trimmedOrNothing,
    found: ({ settings }) => [settings[setting as keyof Plain]],
    program,
  };
}

/** A setting of the VM, which only Pulumi's resources read. */
function ofVm(setting: string, taken: string[]): Row {
  return {
    ...plain(setting, taken, "unit/components/gcpVm.test.ts", { target: "gcp" }),
    found: ({ settings }) => [settings.target[setting]],
  };
}

/** A part of an app. */
function ofApp(part: string, row: Omit<Row, "key" | "config">, value: (text: string) => unknown = (text) => text): Row {
  const [name = ""] = part.split(/[[.]/);
  return { key: `apps[0].${part}`, config: (text) => ({ apps: [{ ...APP, [name]: value(text) }] }), ...row };
}

/** A part of a program's key, and its place in the line of keys.map. */
function ofKey(part: keyof Key, place: number, taken: string[], row: Partial<Row> = {}): Row {
  return {
    key: "keys[0]",
    config: (text) => ({ keys: [{ ...KEY, [part]: text }] }),
    taken,
    found: ({ settings, file }) => [
      settings.keys[0]?.[part],
      /^"key:(.*)" allow;$/m.exec(file("keys.map"))?.[1]?.split(" ")[place],
    ],
    program: "integration/keys.test.ts",
    ...row,
  };
}

function ofClient(part: string, taken: string[], form: Row["form"], variable: string, program: string): Row {
  return {
    key: `signIn.${part}`,
    config: (text) => ({ signIn: { ...OIDC, [part]: text } }),
    taken,
    ...(form ? { form } : {}),
    found: (outcome) => [oauth(outcome)[variable]],
    program,
  };
}

function ofUser(part: string, row: Omit<Row, "key" | "config">): Row {
  return {
    key: `signIn.users[0].${part}`,
    config: (text) => ({ signIn: { users: [{ email: "ann@example.com", [part]: text }] } }),
    ...row,
  };
}

function ofSsh(part: string, taken: string[], form: Row["form"] = trimmed): Row {
  return {
    key: `ssh.${part}`,
    config: (text) => ({ target: "ssh", dns: "none", ssh: { ...SSH, [part]: text } }),
    taken,
    form,
    found: ({ settings }) => [settings.target[part]],
    program: "unit/components/remoteHost.test.ts",
  };
}

const NAS = { to: "sftp:ann@nas.lan:/b", privateKey: PRIVATE_KEY, hostKey: "ssh-ed25519 AAAA" };
const BUCKET = { to: "s3:s3.example.com/bucket", accessKey: "AKIA1", secretKey: "x" };

function ofBackup(
  part: string,
  taken: string[],
  form: Row["form"] = trimmed,
  place: Record<string, unknown> = NAS,
): Row {
  return {
    key: "backup",
    config: (text) => ({ history: {}, backup: { ...place, [part]: text } }),
    taken,
    form,
    found: ({ settings: { backup } }) => [backup && (backup.to as unknown as Record<string, string>)[part]],
    program: "integration/backup.test.ts",
  };
}

const SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

/** One part of the setting `session`; both are durations. */
function ofSession(part: "idle" | "max"): Row {
  return {
    key: "session",
    config: (text) => ({ session: { [part]: text } }),
    taken: ["5m", "0005m", "99999m", "12h", "8760h", "1d", "365d"],
    form: (text) => Number(text.slice(0, -1)) * (SECONDS[text.slice(-1)] ?? Number.NaN),
    found: (outcome) => [outcome.settings.session[part], sessionSettings(outcome)[part]],
    program: "integration/session.test.ts",
  };
}

/** A limit of the servers of people. The spawner's definition has the number. */
function ofServers(
  part: string,
  taken: string[],
  unit: Record<string, number>,
  found: (outcome: Outcome) => unknown[],
): Row {
  return {
    key: "servers",
    config: (text) => ({ people: "own", servers: { [part]: text } }),
    taken,
    form: (text) => Number(text.slice(0, -1)) * (unit[text.slice(-1)] ?? Number.NaN),
    found,
    program: "integration/people.test.ts",
  };
}

const IN_CLUSTER = "kubernetes/people.test.ts";
const SIZE = { name: "Small", cpu: 1, memory: "2g" };
/** What the hub makes each person's pod from. */
const podOf = ({ file }: Outcome): PodDefinition => JSON.parse(file("server.json"));
const clusterOf = (people: unknown) => (people as { on: { cluster: Record<string, unknown> } }).on.cluster;

/** A part of a size of servers in a cluster. */
function ofSize(
  part: "name" | "memory" | "nodes" | "price",
  taken: string[],
  { value = (text) => text, ...row }: Partial<Row> & { value?: (text: string) => unknown },
): Row {
  return {
    key: "servers.sizes[0]",
    config: (text) => ({
      ...inCluster,
      servers: { ...inCluster.servers, sizes: [{ ...SIZE, [part]: value(text) }] },
    }),
    taken,
    found: (outcome) => [(podOf(outcome).sizes[0] as Record<string, unknown> | undefined)?.[part]],
    program: IN_CLUSTER,
    ...row,
  };
}

/** A part of the cluster. */
function ofCluster(part: string, taken: string[], found: Row["found"]): Row {
  return {
    key: "cluster",
    config: (text) => ({ ...inCluster, cluster: { ...inCluster.cluster, [part]: text } }),
    taken,
    found,
    program: IN_CLUSTER,
  };
}

/** What the spawner starts for each person. */
const containerOf = ({ file }: Outcome): { Env: string[]; HostConfig: { Memory: number } } =>
  JSON.parse(file("definition.json")).container;

const sessionSettings = ({ file }: Outcome) => sessionSettingsIn(file("session/settings.js"));

/** A hash as files/services/nginx/sessionFiles.ts makes it. */
const hashOf = (texts: string[]) => createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 12);

function variableOf(what: "environment" | "secrets", name: string, { services, secretFile }: Outcome): unknown {
  if (what === "environment") return services.whoami?.environment?.[name];
  const [, value] = new RegExp(`^${name}="((?:\\\\.|[^"\\\\])*)"$`, "m").exec(secretFile("environment")) ?? [];
  return value?.replace(/\\(.)/g, "$1");
}

function variable(what: "environment" | "secrets"): Row {
  return ofApp(
    `${what}.NAME`,
    {
      taken: ["", "0755", "2026-08-17", " a ", "$HOME $$", 'it\'s "odd"\\', "{{7*7}}", "a\tb", "李 🌱", "\u001b[0m"],
      found: (outcome) => [variableOf(what, "NAME", outcome)],
      program: "integration/apps.test.ts",
    },
    (text) => ({ NAME: text }),
  );
}

function nameOfVariable(what: "environment" | "secrets"): Row {
  return ofApp(
    what,
    {
      taken: ["null", "no", "True", "Y", "_1", "PATH"],
      found: (outcome) => [
        Object.keys(outcome.settings.apps[0]?.[what as "secrets"] ?? {})[0],
        outcome.settings.apps.flatMap(({ [what as "secrets"]: variables }) =>
          Object.keys(variables).filter((name) => variableOf(what, name, outcome) === "x"),
        )[0],
      ],
      program: "integration/compose.test.ts",
    },
    (text) => ({ [text]: "x" }),
  );
}

/** By setting, with the schema's path: `[]` for an entry of a list, `.NAME` for a value of a record. */
export const rows: Record<string, Row> = {
  target: {
    ...plain("target", ["local"], "unit/program/program.test.ts"),
    form: (text) => text,
    found: ({ settings }) => [settings.target.kind],
  },
  domain: {
    ...plain("domain", ["lab.localhost", "xn--mnchen-3ya.de", "0755.0b11.no"], "integration/nginx.test.ts"),
    form: lowerCase,
    found: ({ secretFile, file }) => [
      yaml(secretFile("config.yml")).vouch.cookie.domain.replace(/^vouch\./, ""),
      /^ +server_name dex\.(.+);$/m.exec(file("hosts/dex.conf"))?.[1],
    ],
  },
  home: {
    ...plain("home", ["home", "0755", ...oddNames], "integration/texts.test.ts"),
    found: ({ settings, file }) => {
      const [, name = ""] = /^ +server_name (.+);$/m.exec(file(`hosts/${settings.home || "domain"}.conf`)) ?? [];
      return [name.replace(/\.?lab\.example\.com$/, "") || undefined];
    },
  },
  "allow[]": {
    key: "allow[0]",
    config: (text) => ({ allow: [text] }),
    taken: [...ADDRESSES, "@example.co.uk"],
    form: lowerCase,
    found: ({ manifest }) => manifest.allow ?? [],
    program: "integration/texts.test.ts",
  },
  "signIn.provider": {
    key: "signIn",
    config: (provider) => ({ signIn: { provider, ...CLIENT } }),
    taken: ["google"],
    found: ({ settings }) => [settings.signIn.provider],
    program: "integration/providers.test.ts",
  },
  "signIn.users[].email": ofUser("email", {
    taken: ADDRESSES,
    form: lowerCase,
    found: (outcome) => [firstUser(outcome).email, firstUser(outcome).username],
    program: "integration/texts.test.ts",
  }),
  "signIn.users[].name": ofUser("name", {
    taken: ["0755", "2026-08-17", "no", "~", "Ann O'Neill; {x} #1", "<b>&amp;</b>", "{{7*7}}", "李 🌱", "a\u2028b"],
    found: (outcome) => [
      firstUser(outcome).username,
      quotedIn(outcome.file("names.map"), /^"of:ann@example\.com" "((?:\\.|[^"\\])*)";$/m),
    ],
    program: "integration/apps.test.ts",
  }),
  "signIn.users[].passwordHash": ofUser("passwordHash", {
    taken: [`$2b$10$${"./A1".repeat(13)}x`],
    found: (outcome) => [firstUser(outcome).hash],
    program: "integration/texts.test.ts",
  }),
  "signIn.gate": {
    key: "signIn.gate",
    config: (gate) => ({ signIn: { ...OIDC, gate } }),
    taken: ["vouch"],
    found: ({ settings }) => [settings.signIn.gate],
    program: "integration/gate.test.ts",
  },
  "signIn.domain": {
    key: "signIn.domain",
    config: (domain) => ({ signIn: { provider: "okta", ...CLIENT, domain } }),
    taken: ["dev-123456.okta.com", "https://Dev-1.okta.com/"],
    form: (text) => lowerCase(text).replace(/^https:\/\/|\/+$/g, ""),
    found: (outcome) => [new URL(oauth(outcome).auth_url).host],
    program: "integration/providers.test.ts",
  },
  "signIn.clientId": ofClient(
    "clientId",
    ["0755", "2026-08-17", "1_000", "0oa1 b", "$HOME", 'it\'s "odd" \\ #1', "李 🌱", "a\nb"],
    undefined,
    "client_id",
    "integration/texts.test.ts",
  ),
  "signIn.clientSecret": ofClient(
    "clientSecret",
    ["0755", "2026-08-17", "1_000", "GOCSPX b", "$HOME", 'it\'s "odd" \\ #1', "李 🌱", "a\nb"],
    undefined,
    "client_secret",
    "integration/texts.test.ts",
  ),
  "signIn.authUrl": ofClient("authUrl", URLS, trimmed, "auth_url", "integration/texts.test.ts"),
  "signIn.tokenUrl": ofClient("tokenUrl", URLS, trimmed, "token_url", "integration/texts.test.ts"),
  "signIn.userInfoUrl": ofClient("userInfoUrl", URLS, trimmed, "user_info_url", "integration/texts.test.ts"),
  "signIn.issuerUrl": {
    key: "signIn.issuerUrl",
    config: (issuerUrl) => ({ signIn: { ...OIDC, issuerUrl, gate: "oauth2-proxy" } }),
    taken: URLS,
    form: trimmed,
    found: ({ secretFile }) => [
      JSON.parse(/^oidc_issuer_url = (.*)$/m.exec(secretFile("oauth2-proxy.cfg"))?.[1] ?? "null"),
    ],
    program: "integration/gate.test.ts",
  },
  "signIn.signOutUrl": {
    key: "signIn.signOutUrl",
    config: (signOutUrl) => ({ signIn: { ...OIDC, signOutUrl } }),
    taken: URLS,
    form: trimmed,
    found: ({ file }) =>
      ["signed-out", "not-allowed"].map((page) =>
        /<p><a href="(.*)">Sign out at/
          .exec(file(`pages/${page}.html`))?.[1]
          ?.replaceAll("&lt;", "<")
          .replaceAll("&quot;", '"')
          .replaceAll("&amp;", "&"),
      ),
    program: "integration/signInPages.test.ts",
  },
  "session.idle": ofSession("idle"),
  "session.max": ofSession("max"),
  sessionRotation: {
    ...plain("sessionRotation", ["", "0755", "2026-11", "$x \"y\" 'z'", "a\nb"], "unit/components/siteSecrets.test.ts"),
    form: orNothing,
    found: (outcome) => {
      const { sessionRotation } = outcome.settings;
      // The file contains a hash, because the text may be anything.
      assert.equal(sessionSettings(outcome).rotation, hashOf(["dex", sessionRotation ?? ""]));
      return [sessionRotation];
    },
  },
  "keys[].name": ofKey("name", 1, ["laptop", "0755", "a-2", "null"]),
  "keys[].for": ofKey("for", 2, ADDRESSES, {
    config: (text) => ({ allow: [text], keys: [{ ...KEY, for: text }] }),
    form: lowerCase,
  }),
  "keys[].until": ofKey("until", 3, ["2099-12-31", "2099-12-31T00:00:00Z", "2099-12-31 00:00:00 +0000 UTC"], {
    form: (text) => text.slice(0, 10),
  }),
  "keys[].may": ofKey("may", 4, ["read", "run"]),
  "keys[].at": ofKey("at", 5, ["jupyter", "whoami"], {
    config: (at) => ({ apps: [APP], keys: [{ ...KEY, at }] }),
  }),
  people: {
    ...plain("people", ["shared", "own"], "integration/people.test.ts"),
    found: ({ settings }) => [(settings.people as { kind: string }).kind],
  },
  "servers.on": {
    key: "servers.on",
    config: (text) => ({ ...inCluster, servers: { on: text } }),
    taken: ["here", "kubernetes"],
    found: ({ settings: { people } }) => [people.kind === "own" && people.on.kind],
    program: IN_CLUSTER,
  },
  "servers.memory": ofServers("memory", ["256m", "00512m", "2g", "99999g"], { m: 1, g: 1024 }, (outcome) => [
    containerOf(outcome).HostConfig.Memory / 1024 ** 2,
  ]),
  "servers.idle": ofServers("idle", ["10m", "12h", "365d"], SECONDS, (outcome) =>
    containerOf(outcome).Env.flatMap((line) => (line.startsWith("JUPYTER_UP_IDLE=") ? Number(line.slice(16)) : [])),
  ),
  "servers.sizes[].name": ofSize("name", ["Small", "0755", "李 🌱 {x}", "<b>'\"&"], {}),
  "servers.sizes[].memory": ofSize("memory", ["256m", "00512m", "2g"], {
    form: (text) => Number(text.slice(0, -1)) * ({ m: 1, g: 1024 }[text.slice(-1)] ?? Number.NaN),
    found: (outcome) => [podOf(outcome).sizes[0]?.mib],
  }),
  "a name in servers.sizes[].nodes": ofSize("nodes", ["pool", "cloud.google.com/gke-spot"], {
    value: (text) => JSON.parse(`{${JSON.stringify(text)}: "x"}`),
    found: (outcome) => Object.keys(podOf(outcome).sizes[0]?.nodes ?? {}),
  }),
  "servers.sizes[].nodes.NAME": ofSize("nodes", ["", "true", "0755", "nvidia-l4"], {
    value: (text) => ({ pool: text }),
    found: (outcome) => [podOf(outcome).sizes[0]?.nodes.pool],
  }),
  "servers.sizes[].price": ofSize("price", ["$0.06 an hour", "0755", "{x} <b>"], {}),
  "cluster.kubeconfig": ofCluster("kubeconfig", [kubeconfig()], ({ settings: { people } }) => [
    clusterOf(people).kubeconfig,
  ]),
  "cluster.address": ofCluster("address", ["10.128.0.2"], ({ settings: { people } }) => [clusterOf(people).address]),
  "cluster.storageClass": {
    ...ofCluster("storageClass", ["standard", "a.b-c", "0755", ""], (outcome) => [
      podOf(outcome).home.storageClass ?? undefined,
    ]),
    form: trimmedOrNothing,
  },
  image: {
    ...plain("image", ["r-notebook", "registry.example.com/0755/1e3"], "integration/compose.test.ts", {
      imageTag: "2026-08-08",
    }),
    form: (text) => (text.includes("/") ? text.trim() : `quay.io/jupyter/${text.trim()}`),
    found: (outcome) => [imageOf("jupyter", outcome).replace(/:[^:]+$/, "")],
  },
  imageTag: {
    ...plain("imageTag", ["0755", "1.10", "1e3", "True", "_x", "2026-08-17"], "integration/compose.test.ts", {
      image: "registry.example.com/lab",
    }),
    form: (text) => (isDate(text.slice(0, 10)) && / 00:00:00 /.test(text) ? text.slice(0, 10) : text.trim()),
    found: (outcome) => [imageOf("jupyter", outcome).replace(/^.*:/, "")],
  },
  imageMirror: {
    ...plain("imageMirror", ["", "mirror.example.com", "127.0.0.1:5083/hub"], "integration/compose.test.ts"),
    found: (outcome) => [imageOf("nginx", outcome).replace(/\/?docker\.io\/.*$/, "") || undefined],
  },
  "packages[]": {
    key: "packages[0]",
    config: (text) => ({ packages: [text] }),
    taken: [
      "polars",
      "0755",
      "scikit-learn >= 1.5 , <2",
      "dask[dataframe,array]==2026.3",
      "a===1_0",
      "a~=1.5",
      "a==1.*",
    ],
    form: withoutBlanks,
    found: ({ service }) => [
      service("jupyter")
        .prepare?.find((words) => words.some((word) => word.endsWith("/packages.py")))
        ?.at(-1),
    ],
    program: "integration/jupyter.test.ts",
  },
  databaseTag: {
    ...plain("databaseTag", ["11.8", "11.10", "1.0", "11.8.1-noble"], "integration/compose.test.ts", {
      database: "true",
    }),
    found: (outcome) => [imageOf("mariadb", outcome).replace(/^.*:/, "")],
  },
  databaseRotation: {
    ...plain(
      "databaseRotation",
      ["", "0755", "2026-11", "$x \"y\" 'z'", "a\nb"],
      "unit/components/siteSecrets.test.ts",
    ),
    form: orNothing,
  },
  "apps[].name": ofApp("name", {
    taken: [...oddNames],
    found: ({ services, settings, file }) => {
      const [name] = Object.keys(services).filter((each) => services[each]?.image === APP.image);
      return [
        name,
        /^ +server_name (.+)\.lab\.example\.com;$/m.exec(file(`hosts/${settings.apps[0]?.name}.conf`))?.[1],
      ];
    },
    program: "integration/texts.test.ts",
  }),
  "apps[].image": ofApp("image", {
    taken: ["whoami:0755", "a/b:1.10", "registry.example.com:5000/a@sha256:".padEnd(99, "0")],
    form: (text) => {
      const image = text.trim();
      if (/^[^/]*[.:][^/]*\//.test(image)) return image;
      return `docker.io/${image.includes("/") ? "" : "library/"}${image}`;
    },
    found: (outcome) => [imageOf("whoami", outcome)],
    program: "integration/compose.test.ts",
  }),
  "apps[].title": ofApp("title", {
    taken: ["0755", "2026-08-17", "no", "Ann's & Bob's {#1}; 李 🌱", "{{7*7}}", "&amp;", "%s `id`"],
    found: ({ file }) => {
      const [, title = ""] =
        /href="https:\/\/whoami\..*<span class="title">(.*?)<\/span>/s.exec(file("front/index.html")) ?? [];
      return [title.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&")];
    },
    program: "integration/texts.test.ts",
  }),
  "a name in apps[].environment": nameOfVariable("environment"),
  "apps[].environment.NAME": variable("environment"),
  "a name in apps[].secrets": nameOfVariable("secrets"),
  "apps[].secrets.NAME": variable("secrets"),
  "apps[].volumes[]": ofApp(
    "volumes[0]",
    {
      taken: ["/0755", "/var/lib/a@b+c/.d", "/-x"],
      form: trimmed,
      found: (outcome) => targetsOf(outcome),
      program: "integration/compose.test.ts",
    },
    (text) => [text],
  ),
  "a name in apps[].files": ofApp(
    "files",
    {
      taken: ["/0755", "/var/lib/a@b+c/.d", "/-x"],
      form: trimmed,
      found: (outcome) => targetsOf(outcome),
      program: "integration/compose.test.ts",
    },
    (text) => ({ [text]: "files/php-demo" }),
  ),
  "apps[].files.NAME": ofApp(
    'files["/srv"]',
    {
      taken: ["files/php-demo", "files/php-demo/src"],
      form: trimmed,
      found: ({ settings }) => [settings.apps[0]?.files["/srv"]],
      program: "integration/apps.test.ts",
    },
    (text) => ({ "/srv": text }),
  ),
  "apps[].schema": {
    key: "apps[0].schema",
    config: (schema) => ({ database: "true", apps: [{ ...APP, database: true, schema }] }),
    taken: ["files/php-demo/schema.sql"],
    form: trimmed,
    found: ({ settings }) => settings.apps.map(({ database }) => database.schema),
    program: "integration/mariadb.test.ts",
  },
  "apps[].memory": ofApp("memory", {
    taken: ["6m", "1G"],
    form: lowerCase,
    found: ({ services }) => [services.whoami?.mem_limit],
    program: "integration/compose.test.ts",
  }),
  "apps[].allow[]": ofApp(
    "allow[0]",
    {
      taken: ADDRESSES,
      form: lowerCase,
      found: ({ settings, file }) => [
        settings.apps[0]?.allow?.[0],
        quotedIn(file("people/whoami.map"), /^"allow:((?:\\.|[^"\\])*)" allow;$/m),
      ],
      program: "integration/texts.test.ts",
    },
    (text) => [text],
  ),
  "apps[].path": ofApp("path", {
    taken: ["/", "/0755", "/a/b?c=1&d=%20"],
    form: trimmed,
    found: ({ service }) => [
      service("whoami")
        .readiness_probe?.succeeds.find((word) => word.startsWith("http://whoami:80"))
        ?.slice("http://whoami:80".length),
    ],
    program: "integration/apps.test.ts",
  }),
  "purge[]": {
    key: "purge[0]",
    config: (text) => ({ purge: [text] }),
    taken: ["old", "0755", ...oddNames],
    found: ({ manifest, settings }) => [
      settings.purge[0],
      ...(manifest.purge ?? []).flatMap(({ app, folder }) => [app, folder.split("/data/apps/")[1]]),
    ],
    program: "integration/apps.test.ts",
  },
  "backup.to": {
    key: "backup",
    config: (text) => ({ history: {}, backup: { to: text } }),
    taken: ["/mnt/backup", "/mnt/it's $HOME, a:b", "~/b"],
    form: (text) => (text === "none" ? undefined : resolve(checkout, text.replace(/^~(?=\/)/, homedir()))),
    found: ({ services, manifest }) => [
      manifest.backup?.folder,
      services["site-backup"]?.volumes?.find(({ target }) => target === "/repository")?.source,
    ],
    program: "integration/backup.test.ts",
  },
  "backup.key": {
    key: "backup",
    config: (text) => ({ history: {}, backup: { key: text } }),
    taken: ["0123456789abcdef", 'it\'s a "key" with $HOME \\ #1'],
    form: (text) => `${text}\n`,
    found: ({ secretFile }) => [secretFile("key")],
    program: "integration/backup.test.ts",
  },
  "backup.restore.from": {
    key: "backup",
    config: (from) => ({ history: {}, backup: { key: "0123456789abcdef", restore: { from } } }),
    taken: ["jupyter-up-dev"],
    found: ({ manifest }) => [manifest.backup?.restore?.site],
    program: "integration/backup.test.ts",
  },
  "backup.restore.at": {
    key: "backup",
    config: (at) => ({ history: {}, backup: { key: "0123456789abcdef", restore: { from: "lab", at } } }),
    taken: ["2026-11-28T07:15:00Z"],
    form: (at) => at.replace(/Z$/, ""),
    found: ({ manifest }) => [manifest.backup?.restore?.at],
    program: "integration/backup.test.ts",
  },
  "backup.privateKey": ofBackup("privateKey", [PRIVATE_KEY], (text) => `${text.trim()}\n`),
  "backup.hostKey": ofBackup("hostKey", ["ssh-ed25519 AAAA"]),
  "backup.accessKey": ofBackup("accessKey", ["AKIA1"], (text) => text, BUCKET),
  "backup.secretKey": ofBackup("secretKey", ['it\'s a "key" $HOME'], (text) => text, BUCKET),
  "backup.credentials": ofBackup("credentials", ['{"type":"service_account"}'], (text) => text, { to: "gs:b1:/" }),
  timezone: {
    key: "timezone",
    config: (timezone) => ({ timezone, database: "true", apps: [APP] }),
    taken: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Asia/Kolkata"],
    found: ({ settings, services }) => [
      settings.timezone,
      ...["jupyter", "mariadb", "nginx", "whoami"].map((name) => services[name]?.environment?.TZ ?? "UTC"),
    ],
    program: "integration/timezone.test.ts",
  },
  reboots: {
    key: "reboots",
    config: (reboots) => ({ target: "gcp", reboots }),
    taken: ["", "off", "00:00", " 04:30", "23:59"],
    form: (text) => (text.trim() === "off" ? false : text.trim() || "04:00"),
    found: ({ settings: { reboots } }) => [reboots ? reboots.at : false],
    program: "integration/units.test.ts",
  },
  notebooks: {
    ...plain("notebooks", FOLDERS, "integration/home.test.ts"),
    form: (text) => resolve(checkout, text.replace(/^~(?=\/)/, homedir())),
    found: ({ services, service }) => [
      services.jupyter?.volumes?.find(({ target }) => target === "/home/jovyan/work")?.source,
      service("jupyter").folders?.[1]?.path,
    ],
  },
  project: ofVm("project", ["my-project-123456", "example.com:a-project"]),
  zone: ofVm("zone", ["us-west1-b"]),
  machineType: ofVm("machineType", ["e2-small", "custom-2-8192"]),
  "sshFrom[]": {
    key: "sshFrom[0]",
    config: (text) => ({ target: "gcp", sshFrom: [text] }),
    taken: ["203.0.113.7/32"],
    form: trimmed,
    found: ({ settings }) => settings.target.sshFrom as string[],
    program: "unit/components/gcpVm.test.ts",
  },
  "ssh.host": ofSsh("host", ["203.0.113.7", "Box.lan", "0755"]),
  "ssh.user": ofSsh("user", ["root", "_x.y-z", "null"]),
  "ssh.privateKey": ofSsh("privateKey", [PRIVATE_KEY], (text) => `${text.trim()}\n`),
  "ssh.hostKey": ofSsh("hostKey", ['ssh-ed25519 AAAA root@it\'s a "box" $HOME']),
  "ssh.address": ofSsh("address", ["203.0.113.7"]),
  dns: {
    ...plain("dns", ["none"], "unit/program/program.test.ts", { target: "gcp" }),
    form: (text) => text,
    found: ({ settings }) => [settings.dns.provider],
  },
  dnsZone: {
    ...plain("dnsZone", ["", "example.com", "0755.0b11.example.com"], "unit/program/program.test.ts", {
      target: "gcp",
      domain: "lab.0755.0b11.example.com",
    }),
    found: ({ settings: { dns } }) => [dns.provider === "cloudflare" ? dns.zone : dns],
  },
  tls: {
    ...plain("tls", ["", "private-ca"], "unit/program/program.test.ts"),
    form: (text) => text || "private-ca",
    found: ({ settings }) => [settings.tls.mode],
  },
  tlsCertificate: {
    ...plain("tlsCertificate", [OWN.certificate], "unit/program/program.test.ts", PROVIDED),
    form: (text) => `${text.trim()}\n`,
    found: ({ settings }) => [settings.tls.certificate],
  },
  tlsKey: {
    ...plain("tlsKey", [OWN.certificateKey], "unit/program/program.test.ts", PROVIDED),
    form: (text) => `${text.trim()}\n`,
    found: ({ settings }) => [settings.tls.key],
  },
  acmeEmail: {
    ...plain("acmeEmail", ["Ann@example.com", ...ADDRESSES], "e2e/letsEncrypt.test.ts", LETSENCRYPT),
    found: ({ services }) => wordsBehind("--email", services.lego),
  },
  acmeServer: {
    ...plain(
      "acmeServer",
      ["", "https://acme.example.com:14000/dir?a=%20&b=ü"],
      "integration/compose.test.ts",
      LETSENCRYPT,
    ),
    found: ({ services }) => [wordsBehind("--server", services.lego)[0]],
  },
};
