import { createHash } from "node:crypto";
import { SITE_HISTORY } from "../services/site-history/siteHistory.ts";
import { noticesFolder } from "../site/backupFolders.ts";
import type { HostLayout } from "../site/hostLayout.ts";
import { SITE_REBOOTS } from "../site/reboots/reboots.ts";
import type { Secrets } from "../site/secrets.ts";
import { imagesOf, type Site } from "../site/site.ts";
import { serializeArchive } from "./archive.ts";
import { composeService, composeYaml, networksOf } from "./composeYaml.ts";
import { holesFor } from "./holes.ts";
import { hostFiles, unitFiles } from "./hostFiles.ts";
import { MANIFEST_VERSION, manifestFile, type ReleaseManifest, type ServiceManifest } from "./manifest.ts";
import { shortHash, type WrittenService, writeService } from "./writtenService.ts";

/** Standard input of the two commands on the host. */
export interface Bundle {
  /** For `site-apply secrets`: all secret files. Secret. */
  secrets: string;
  /** For `site-apply release`: everything else, readable. It names secrets only by folder. */
  release: string;
}

/** Builds the files on the host from site and secrets. */
export function bundleOf(site: Site, secrets: Secrets): Bundle {
  const definitionOf = (name: string): Record<string, unknown> => {
    const service = site.services.find((each) => each.name === name);
    if (!service?.onDemand) throw new Error(`there is no service ${name} that is started on demand`);
    return composeService(site, writeService(service, secrets, definitionOf));
  };
  const written = site.services.map((service) => writeService(service, secrets, definitionOf));
  const historyUnits = unitFiles(SITE_HISTORY, site.history?.units);
  const rebootUnits = unitFiles(SITE_REBOOTS, site.reboots?.units);
  const plain = [
    { path: "compose.yaml", mode: "0644", content: composeYaml(site, written) },
    ...written.flatMap(({ service, files, filesId }) => hostFiles(`${service.name}/${filesId}`, files, "0644")),
    ...historyUnits.files,
    ...rebootUnits.files,
  ];
  const secret = written.flatMap(({ service, secretFiles, secretsId }) =>
    hostFiles(`${service.name}/${secretsId}`, secretFiles, "0600"),
  );
  const manifest = manifestOf(site, written, { history: historyUnits.id, reboots: rebootUnits.id });
  const release = shortHash(createHash("sha256"), [JSON.stringify(manifest), JSON.stringify(plain)]);
  return {
    secrets: serializeArchive([
      manifestFile("secrets", { version: MANIFEST_VERSION, owners: ownersOf(written) }),
      ...secret,
    ]),
    release: serializeArchive([manifestFile("release", { release, ...manifest }), ...plain]),
  };
}

/** Folders of the units that belong to no service. */
type Units = Record<"history" | "reboots", string>;

/** The manifest, without the release's name. */
function manifestOf(site: Site, written: WrittenService[], units: Units): Omit<ReleaseManifest, "release"> {
  const { layout } = site;
  const { address } = layout;
  return {
    version: MANIFEST_VERSION,
    project: site.name,
    url: site.names.origin("jupyter"),
    data: layout.data,
    notices: noticesFolder(layout),
    machine: layout.machine,
    images: imagesOf(site).map(({ reference, sizeMiB, setting, pin }) => ({
      reference,
      size_mib: sizeMiB,
      setting,
      pin,
      holes: holesFor(reference, pin),
    })),
    ports: [
      { address, port: layout.httpsPort, setting: settable("port", layout) },
      { address, port: layout.httpPort, setting: settable("httpPort", layout) },
    ],
    allow: site.allow,
    networks: Object.keys(networksOf(site)),
    services: written.map((each) => serviceManifest(site, each)),
    purge: site.purge.length > 0 ? site.purge : undefined,
    history: site.history && { ...site.history.manifest, units: units.history || undefined },
    backup: site.backup?.manifest,
    reboots: site.reboots && { ...site.reboots.manifest, units: units.reboots },
  };
}

/** A service's entry in the manifest. */
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
    activity,
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
    reload,
    lists,
    user_controlled: service.userControlled,
    memory_beside_mib: service.takesMemoryLeft ? memoryBeside(site) : undefined,
    memory_share: service.memoryShare && { least_mib: service.memoryShare.leastMiB, part: service.memoryShare.part },
    processes_per_core: service.processesPerCore,
    readiness_probe: readinessProbe,
    prepare,
    post_release: postRelease,
    dismiss,
    activity,
    smoke_test: smokeTest,
    certificate,
    units: service.units && true,
    sign_out: service.signOut,
    dump: service.dump,
    load: service.load,
    drill: service.drill,
  };
}

/**
 * Memory in MiB that must stay free beside a service that takes the rest: 350 for the system, Docker's engine and the
 * standard services, 100 for a database, and 40 for each app with its Docker process. Measured on a machine with 1 GB: 290,
 * 75 and 25.
 */
function memoryBeside({ services }: Site): number {
  const apps = services.filter(({ user }) => !user);
  return 350 + (services.some(({ name }) => name === "mariadb") ? 100 : 0) + 40 * apps.length;
}

/** The setting of a port. Undefined on a public machine, whose ports are always 443 and 80. */
const settable = (setting: string, { address }: HostLayout) => (address === "127.0.0.1" ? setting : undefined);

function ownersOf(written: WrittenService[]): Record<string, string> {
  return Object.fromEntries(
    written.flatMap(({ service, secretsId }) => (secretsId ? [[service.name, owner(service.user ?? ROOT)]] : [])),
  );
}

const owner = ({ uid, gid }: { uid: number; gid: number }) => `${uid}:${gid}`;
/** A service that does not read its secret files itself needs no owner for them. */
const ROOT = { uid: 0, gid: 0 };
