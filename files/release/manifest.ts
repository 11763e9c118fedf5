import { z } from "zod";

/**
 * The manifests `release.json` and `secrets.json`, which host/site_apply/manifest.py reads. A golden file
 * (tests/unit/files/manifest.golden.json) keeps both sides in step. An incompatible change needs a new version.
 */
export const MANIFEST_VERSION = 1;

/** A program and its arguments, run without a shell. */
const argv = z.array(z.string()).min(1);

const image = z.strictObject({
  /** Full reference for `docker pull`. */
  reference: z.string(),
  /** Unpacked size in MiB. */
  size_mib: z.number().int(),
  /** The setting that names it, if the user chose the image. */
  setting: z.string().optional(),
  /** For a moving tag: the command that pins it. */
  pin: z.string().optional(),
  /** Known vulnerabilities of earlier versions, and the command for another version. */
  holes: z.array(z.strictObject({ fixed_in: z.string(), what: z.string(), fix: z.string() })).optional(),
});

const port = z.strictObject({
  address: z.string(),
  port: z.number().int(),
  /** The setting of the port; absent if the public internet uses it. */
  setting: z.string().optional(),
});

const service = z.strictObject({
  name: z.string(),
  image: z.string().optional(),
  /** `UID:GID`; absent: read from the image. */
  user: z.string().optional(),
  /** Folder of its files below files/SERVICE, if the host needs it. */
  files: z.string().optional(),
  /** Folder of its secret files below secrets/SERVICE, for the link to it. */
  secrets: z.string().optional(),
  /** Data folders on the host, and the folders to create in them. */
  folders: z.array(z.strictObject({ path: z.string(), inner: z.array(z.string()).optional() })).optional(),
  reload: argv.optional(),
  lists: z.array(z.string()).optional(),
  user_controlled: z.boolean().optional(),
  /** MiB that must stay free beside it; it may use the rest of the memory. */
  memory_beside_mib: z.number().int().optional(),
  /** It may use one part of so many of the machine's memory, or this many MiB if that is more. */
  memory_share: z.strictObject({ least_mib: z.number().int(), part: z.number().int() }).optional(),
  processes_per_core: z.number().int().optional(),
  readiness_probe: z.strictObject({ service: z.string(), succeeds: argv }).optional(),
  prepare: z.array(argv).optional(),
  post_release: z.array(argv).optional(),
  dismiss: argv.optional(),
  /** Command in its container that prints who works there, as JSON. */
  activity: argv.optional(),
  smoke_test: argv.optional(),
  /** Command in its container that ends the sessions of a person, whose percent-encoded name is added to its last word. */
  sign_out: argv.optional(),
  certificate: z.strictObject({ id: z.string(), folder: z.string(), reader: z.string() }).optional(),
  /** Whether its files contain systemd units. */
  units: z.boolean().optional(),
  /** Command in its container that dumps each changed database into one of its folders. */
  dump: argv.optional(),
  /** Command in its container that makes a database what it was in a dump: a path below /dumps is added to it. */
  load: argv.optional(),
  /** Command in its container that tries a restore of the newest dumps, if one is due. */
  drill: argv.optional(),
});

const days = z.number().int();

/** The configuration of the history. host/site_apply/history/config.py explains each part. */
const history = z.strictObject({
  folder: z.string(),
  every: z.number().int(),
  max_percent: z.number().int(),
  keep: z.strictObject({ all: days, hourly: days, daily: days, monthly: days }),
  sources: z.array(z.strictObject({ path: z.string(), at: z.string(), without: z.array(z.string()).optional() })),
  mount_point: z.string().optional(),
  units: z.string().optional(),
  service: z.string().optional(),
  command: argv.optional(),
  /** The backup, whose state the front page shows. */
  backup: z.strictObject({ state: z.string(), notice: z.string() }).optional(),
});

/** The backup; host/site_apply/manifest.py says what each part is. */
const backup = z.strictObject({
  service: z.string(),
  state: z.string(),
  destination: z.string(),
  folder: z.string().optional(),
  restic: argv,
  restore: z.strictObject({ site: z.string(), at: z.string() }).optional(),
});

/** Reboots of the machine at a quiet hour. */
const reboots = z.strictObject({
  /** Time of day, `04:00`. */
  at: z.string(),
  /** Its time zone, a name of the IANA database. */
  timezone: z.string(),
  /** Folder of its systemd units below files/site-reboots. */
  units: z.string(),
});

/** `release.json`. Absent values are empty. */
export const releaseManifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** Name of the release: a hash of its content. */
  release: z.string(),
  /** Compose project. */
  project: z.string(),
  /** URL of JupyterLab. */
  url: z.string().optional(),
  /** Absolute folder of the data that outlives the site. */
  data: z.string().optional(),
  /** Absolute folder of the texts that the front page shows. */
  notices: z.string().optional(),
  /** Machine type: a change requires a release. */
  machine: z.string().optional(),
  images: z.array(image).optional(),
  ports: z.array(port).optional(),
  /** The allow list: addresses and `@domains`, or GitHub user names. */
  allow: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  services: z.array(service).optional(),
  /** Removed apps whose folders are to be deleted. */
  purge: z.array(z.strictObject({ app: z.string(), folder: z.string() })).optional(),
  history: history.optional(),
  backup: backup.optional(),
  reboots: reboots.optional(),
});

/** `secrets.json` */
export const secretsManifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** `UID:GID` of each service's secret files. */
  owners: z.record(z.string(), z.string()),
});

export type ReleaseManifest = z.infer<typeof releaseManifest>;
export type ServiceManifest = z.infer<typeof service>;
export type HistoryManifest = z.infer<typeof history>;
export type BackupManifest = z.infer<typeof backup>;
export type RebootsManifest = z.infer<typeof reboots>;
export type SecretsManifest = z.infer<typeof secretsManifest>;

/** A manifest as a file, formatted for line-by-line diffs. */
export function manifestFile(name: "release" | "secrets", manifest: ReleaseManifest | SecretsManifest) {
  const mode = name === "secrets" ? "0600" : "0644";
  return { path: `${name}.json`, mode, content: `${JSON.stringify(manifest, undefined, 2)}\n` };
}
