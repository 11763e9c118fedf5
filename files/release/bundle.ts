import { createHash, createHmac } from "node:crypto";
import { SITE_HISTORY } from "../services/site-history/siteHistory.ts";
import type { HostLayout } from "../site/hostLayout.ts";
import type { Secrets } from "../site/secrets.ts";
import type { MountedFolder, Service, TextFiles } from "../site/service.ts";
import { imagesOf, type Site } from "../site/site.ts";
import { type HostFile, serializeArchive } from "./archive.ts";
import { composeText } from "./composeText.ts";
import { MANIFEST_VERSION, manifestFile, type ReleaseManifest, type ServiceManifest } from "./manifest.ts";

/** What is sent to the host: the standard input of its two commands. */
export interface Bundle {
  /** `site-apply secrets`: every secret file. Secret as a whole. */
  secrets: string;
  /** `site-apply release`: everything else, readable; names the secrets by folder, tells nothing of them. */
  release: string;
}

/** One service with its files written out, in the folders they will lie in. */
interface WrittenService {
  service: Service;
  files: TextFiles;
  secretFiles: TextFiles;
  /** Folder name by content; empty without files. */
  filesId: string;
  secretsId: string;
}

/** Site and secrets → the exact files on the host. */
export function bundleOf(site: Site, secrets: Secrets): Bundle {
  const written = site.services.map((service) => write(service, secrets));
  const unitsId = folderName(createHash("sha256"), site.history?.units ?? {});
  const plain = [
    { path: "compose.yaml", mode: "0644", content: composeYaml(site, written) },
    ...written.flatMap(({ service, files, filesId }) => hostFiles(`${service.name}/${filesId}`, files, "0644")),
    ...hostFiles(`${SITE_HISTORY}/${unitsId}`, site.history?.units ?? {}, "0644"),
  ];
  const secret = written.flatMap(({ service, secretFiles, secretsId }) =>
    hostFiles(`${service.name}/${secretsId}`, secretFiles, "0600"),
  );
  const manifest = manifestOf(site, written, unitsId);
  const release = shortHash(createHash("sha256"), [JSON.stringify(manifest), JSON.stringify(plain)]);
  return {
    secrets: serializeArchive([
      manifestFile("secrets", { version: MANIFEST_VERSION, owners: ownersOf(written) }),
      ...secret,
    ]),
    release: serializeArchive([manifestFile("release", { release, ...manifest }), ...plain]),
  };
}

/** What the host has to know besides the files, but for the release's name. */
function manifestOf(site: Site, written: WrittenService[], unitsId: string): Omit<ReleaseManifest, "release"> {
  const { layout } = site;
  const { address } = layout;
  return {
    version: MANIFEST_VERSION,
    project: site.name,
    machine: layout.machine,
    images: imagesOf(site).map(({ reference, sizeMiB, setting, pin }) => ({
      reference,
      size_mib: sizeMiB,
      setting,
      pin,
    })),
    ports: [
      { address, port: layout.httpsPort, setting: settable("port", layout) },
      { address, port: layout.httpPort, setting: settable("httpPort", layout) },
    ],
    allow: site.allow,
    networks: Object.keys(networksOf(site)),
    services: written.map((each) => serviceManifest(site, each)),
    purge: site.purge.length > 0 ? site.purge : undefined,
    history: site.history && { ...site.history.manifest, units: unitsId || undefined },
  };
}

/** What the host has to know of a service. */
function serviceManifest(site: Site, { service, filesId, secretsId }: WrittenService): ServiceManifest {
  const {
    name,
    image,
    user,
    data,
    reload,
    lists,
    readinessProbe,
    prepare,
    postRelease,
    dismiss,
    smokeTest,
    certificate,
  } = service;
  if (certificate && !site.services.find((each) => each.name === certificate.reader)?.user)
    throw new Error(`${name}: there is no service ${certificate.reader} to read the certificate`);
  return {
    name,
    image: image.reference,
    user: user && owner(user),
    files: reload || lists || service.units ? filesId : undefined,
    secrets: service.secretFiles?.mountParent ? secretsId : undefined,
    folders: data?.map(({ source, inner }) => ({ path: source, inner: inner?.length ? inner : undefined })),
    network_attachments: service.networkAttachments,
    reload,
    lists,
    user_controlled: service.userControlled,
    memory_beside_mib: service.takesMemoryLeft ? memoryBeside(site) : undefined,
    processes_per_core: service.processesPerCore,
    readiness_probe: readinessProbe,
    prepare,
    post_release: postRelease,
    dismiss,
    smoke_test: smokeTest,
    certificate,
    units: service.units && true,
    dump: service.dump,
  };
}

/**
 * MiB that the machine needs beside a service that takes what is left: 350 for itself, Docker's engine and what the site always
 * has, 100 for a database and 40 for an app with Docker's process for it (measured with 1 GB: 290, 75 and 25).
 */
function memoryBeside({ services }: Site): number {
  const apps = services.filter(({ user }) => !user);
  return 350 + (services.some(({ name }) => name === "mariadb") ? 100 : 0) + 40 * apps.length;
}

/** The setting of a port; none where the world comes in, which knows 443 and 80 only. */
const settable = (setting: string, { address }: HostLayout) => (address === "127.0.0.1" ? setting : undefined);

function ownersOf(written: WrittenService[]): Record<string, string> {
  return Object.fromEntries(
    written.flatMap(({ service, secretsId }) => (secretsId ? [[service.name, owner(service.user ?? ROOT)]] : [])),
  );
}

const owner = ({ uid, gid }: { uid: number; gid: number }) => `${uid}:${gid}`;
/** Secret files of a service that does not read them itself are for nobody else. */
const ROOT = { uid: 0, gid: 0 };

function write(service: Service, secrets: Secrets): WrittenService {
  const secretFiles = {
    ...service.secretFiles?.content(secrets),
    ...environmentFile(service.secretEnvironment?.(secrets) ?? {}),
  };
  const secretsId = folderName(createHmac("sha256", secrets.namingKey), secretFiles);
  const secretFolder = `${service.secretFiles?.at}${service.reload ? `/${secretsId}` : ""}`;
  const files = {
    ...service.files?.content({ secretFolder }),
    ...numbered(service.folders ?? []),
    ...service.units,
  };
  return { service, files, secretFiles, secretsId, filesId: folderName(createHash("sha256"), files) };
}

/** Several folders as one, each by its number: their places may be named as no file on the host can be. */
function numbered(folders: MountedFolder[]): TextFiles {
  const files = folders.flatMap(({ files }, number) =>
    Object.entries(files).map(([path, content]) => [`${number}/${path}`, content]),
  );
  return Object.fromEntries(files);
}

/** Variables as Compose reads them from a file: in quotes, what else it would take for its own behind a backslash. */
function environmentFile(variables: Record<string, string>): TextFiles {
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${value.replace(/[\\"$]/g, "\\$&")}"\n`);
  return lines.length > 0 ? { [ENVIRONMENT]: lines.join("") } : {};
}
const ENVIRONMENT = "environment";

function hostFiles(folder: string, files: TextFiles, mode: string): HostFile[] {
  return Object.entries(files).map(([path, content]) => ({ path: `${folder}/${path}`, mode, content }));
}

interface Hash {
  update(text: string): Hash;
  digest(encoding: "hex"): string;
}
const shortHash = (hash: Hash, parts: string[]) =>
  parts
    .reduce((sum, part) => sum.update(`${part}\0`), hash)
    .digest("hex")
    .slice(0, 12);
const folderName = (hash: Hash, files: TextFiles) =>
  Object.keys(files).length > 0 ? shortHash(hash, [JSON.stringify(files)]) : "";

function composeYaml(site: Site, written: WrittenService[]): string {
  const services = Object.assign(
    {},
    ...written.map((each) => ({ [each.service.name]: composeService(site, each), ...checkOf(site, each) })),
  );
  const about = Object.fromEntries(
    site.services.flatMap(({ name, about }) => [
      [name, about],
      [`${name}-check`, `Reads the files of ${name} as it would itself, before a release is switched to.`],
    ]),
  );
  return composeText(site.name, services, networksOf(site), about);
}

/** Every network that a service is on. What is internal for one of them is so for all. */
function networksOf({ services }: Site): Record<string, { internal: true } | null> {
  const internal = new Set(services.flatMap(({ internal }) => internal ?? []));
  return Object.fromEntries(
    services.flatMap(({ networks }) =>
      networks.map((network) => [network, internal.has(network) ? { internal: true } : null]),
    ),
  );
}

function composeService(site: Site, each: WrittenService): Record<string, unknown> {
  const { service } = each;
  const volumes = [
    ...mounts(site, each),
    ...(service.data ?? []).map(({ source, target }) => bind(source, target)),
    ...(service.foreign ?? []).map(({ source, target, writable }) => bind(source, target, !writable)),
  ];
  return {
    image: service.image.reference,
    ...runAs(site, service),
    ...(service.networks.length > 0 ? { networks: service.networks } : {}),
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(service.secretEnvironment && each.secretsId
      ? { env_file: [`${site.layout.root}/secrets/${service.name}/${each.secretsId}/${ENVIRONMENT}`] }
      : {}),
    ...service.compose,
  };
}

/** A service that can check its files gets a second one beside it, which the release runs before it switches over. */
function checkOf(site: Site, { service, ...each }: WrittenService): Record<string, unknown> {
  if (!service.check) return {};
  const { read_only, tmpfs, cap_drop, security_opt, mem_limit } = service.compose;
  return {
    [`${service.name}-check`]: {
      profiles: ["check"],
      image: service.image.reference,
      ...runAs(site, service),
      network_mode: "none",
      volumes: [
        ...(service.files
          ? [bind(`${site.layout.root}/files/${service.name}/${each.filesId}`, `${service.files.at}/current`, true)]
          : []),
        ...(service.secretFiles
          ? [bind(`${site.layout.root}/secrets/${service.name}`, service.secretFiles.at, true)]
          : []),
      ],
      entrypoint: service.check,
      ...{ read_only, tmpfs, cap_drop, security_opt, mem_limit },
    },
  };
}

/** Folders with the content in their name, so that a change of content is a change of the service; or, where it reloads, the folder around. */
function mounts(site: Site, { service, filesId, secretsId }: WrittenService): unknown[] {
  const { root } = site.layout;
  const mount = (kind: string, id: string, at: string, around = service.reload !== undefined) =>
    bind(`${root}/${kind}/${service.name}${around ? "" : `/${id}`}`, at, true);
  return [
    ...(service.files ? [mount("files", filesId, service.files.at)] : []),
    ...(service.folders ?? []).map(({ at }, number) => mount("files", `${filesId}/${number}`, at)),
    ...Object.entries(service.files?.elsewhere ?? {}).map(([at, path]) => mount("files", `${filesId}/${path}`, at)),
    ...(service.secretFiles
      ? [mount("secrets", secretsId, service.secretFiles.at, service.secretFiles.mountParent)]
      : []),
  ];
}

/** A folder that is missing shall be an error and not an empty folder of root's. */
function bind(source: string, target: string, readOnly = false) {
  return { type: "bind", source, target, ...(readOnly ? { read_only: true } : {}), bind: { create_host_path: false } };
}

function runAs(site: Site, service: Service) {
  const { user } = service;
  const uid = site.layout.uid ?? (user?.imposed ? user.uid : undefined);
  return uid === undefined || !user ? {} : { user: `${uid}:${user.gid}` };
}
