import { z } from "zod";

/**
 * What the host has to know besides the files: `release.json` and `secrets.json`. host/site_apply/manifest.py reads them, and a
 * golden file (tests/unit/files/manifest.golden.json) holds both sides to the same form. A change that the other side would
 * misunderstand needs another version.
 */
export const MANIFEST_VERSION = 1;

/** A program and its arguments, which no shell reads. */
const argv = z.array(z.string()).min(1);

const image = z.strictObject({
  /** As `docker pull` takes it. */
  reference: z.string(),
  /** Room that it takes when unpacked, in MiB. */
  size_mib: z.number().int(),
  /** The setting that names it, if it is anybody's image. */
  setting: z.string().optional(),
  /** For a tag that moves: the command that ends this. */
  pin: z.string().optional(),
});

const port = z.strictObject({
  address: z.string(),
  port: z.number().int(),
  /** The setting of the port; absent where it is the public internet's. */
  setting: z.string().optional(),
});

const service = z.strictObject({
  name: z.string(),
  image: z.string().optional(),
  /** UID:GID; absent: the image's own say. */
  user: z.string().optional(),
  /** Folder of its files, where the host has to know it: below files/SERVICE. */
  files: z.string().optional(),
  /** Folder of its secret files, for a link to it: below secrets/SERVICE. */
  secrets: z.string().optional(),
  /** Folders of data, on the host, and those to be made in them. */
  folders: z.array(z.strictObject({ path: z.string(), inner: z.array(z.string()).optional() })).optional(),
  network_attachments: z
    .array(z.strictObject({ service: z.string(), network: z.string(), alias: z.string().optional() }))
    .optional(),
  reload: argv.optional(),
  lists: z.array(z.string()).optional(),
  user_controlled: z.boolean().optional(),
  /** MiB that the machine needs beside it: it may use the memory that is left. */
  memory_beside_mib: z.number().int().optional(),
  processes_per_core: z.number().int().optional(),
  readiness_probe: z.strictObject({ service: z.string(), succeeds: argv }).optional(),
  prepare: z.array(argv).optional(),
  post_release: z.array(argv).optional(),
  dismiss: argv.optional(),
  smoke_test: argv.optional(),
  certificate: z.strictObject({ id: z.string(), folder: z.string(), reader: z.string() }).optional(),
  /** Whether its files hold units of systemd. */
  units: z.boolean().optional(),
  /** Command in its container that dumps its databases into one of its folders, where something has changed in them. */
  dump: argv.optional(),
});

const days = z.number().int();

/** The history; host/site_apply/history/config.py says what each part is. */
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
});

/** `release.json`. What is absent is empty. */
export const releaseManifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** Name of the release, by its content. */
  release: z.string(),
  /** Compose project. */
  project: z.string(),
  /** Type of the machine: another one is another release. */
  machine: z.string().optional(),
  images: z.array(image).optional(),
  ports: z.array(port).optional(),
  /** Addresses and `@domains`, or names at GitHub, that may come in. */
  allow: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  services: z.array(service).optional(),
  /** Apps that are no more, and the folders of theirs that are to go. */
  purge: z.array(z.strictObject({ app: z.string(), folder: z.string() })).optional(),
  history: history.optional(),
});

/** `secrets.json` */
export const secretsManifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** UID:GID of each service's secret files. */
  owners: z.record(z.string(), z.string()),
});

export type ReleaseManifest = z.infer<typeof releaseManifest>;
export type ServiceManifest = z.infer<typeof service>;
export type HistoryManifest = z.infer<typeof history>;
export type SecretsManifest = z.infer<typeof secretsManifest>;

/** A manifest as a file that a person can read line by line. */
export function manifestFile(name: "release" | "secrets", manifest: ReleaseManifest | SecretsManifest) {
  const mode = name === "secrets" ? "0600" : "0644";
  return { path: `${name}.json`, mode, content: `${JSON.stringify(manifest, undefined, 2)}\n` };
}
