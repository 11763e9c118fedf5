import type { Service } from "../site/service.ts";
import type { Site } from "../site/site.ts";
import { composeText } from "./composeText.ts";
import { ENVIRONMENT, type WrittenService } from "./writtenService.ts";

/** compose.yaml of a site. */
export function composeYaml(site: Site, written: WrittenService[]): string {
  const services = Object.assign(
    {},
    ...written
      .filter(({ service }) => !service.onDemand)
      .map((each) => ({ [each.service.name]: composeService(site, each), ...checkOf(site, each) })),
  );
  const about = Object.fromEntries(
    site.services.flatMap(({ name, about }) => [
      [name, about],
      [`${name}-check`, `Checks the files of ${name} before a release is activated.`],
    ]),
  );
  return composeText(site.name, services, networksOf(site), about, foldersInMemory(site));
}

/** Volumes in memory that services share. A socket in them needs no free disk. */
function foldersInMemory({ services }: Site): Record<string, unknown> {
  const options = { type: "tmpfs", device: "tmpfs", o: "size=1m,mode=1777" };
  return Object.fromEntries(
    services.flatMap(({ inMemory = [] }) => inMemory.map(({ name }) => [name, { driver_opts: options }])),
  );
}

/** All networks of the services. A network is internal if it is internal for any service. */
export function networksOf({ services }: Site): Record<string, { internal: true } | null> {
  const internal = new Set(services.flatMap(({ internal }) => internal ?? []));
  return Object.fromEntries(
    services.flatMap(({ networks }) =>
      networks.map((network) => [network, internal.has(network) ? { internal: true } : null]),
    ),
  );
}

/** A service in Compose's terms, with the mounts of its files. */
export function composeService(site: Site, each: WrittenService): Record<string, unknown> {
  const { service } = each;
  const volumes = [
    ...mounts(site, each),
    ...(service.data ?? []).map(({ source, target }) => bind(source, target)),
    ...(service.foreign ?? []).map(({ source, target, writable }) => bind(source, target, !writable)),
    ...(service.inMemory ?? []).map(({ name, target }) => ({ type: "volume", source: name, target })),
  ];
  return {
    image: service.image.reference,
    ...runAs(site, service),
    ...(service.networks.length > 0 ? { networks: networksWithAliases(service) } : {}),
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(service.secretEnvironment && each.secretsId
      ? { env_file: [`${site.layout.root}/secrets/${service.name}/${each.secretsId}/${ENVIRONMENT}`] }
      : {}),
    ...service.compose,
  };
}

/** The networks of a service, as a list or, with aliases, by name. */
function networksWithAliases({ networks, aliases }: Service): unknown {
  if (!aliases) return networks;
  return Object.fromEntries(networks.map((name) => [name, aliases[name] ? { aliases: aliases[name] } : null]));
}

/** The check container of a service that can check its files. A release runs it before it is activated. */
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

/**
 * Mounts of a service's files. The folders are named after their content, so a change recreates the container. A service
 * that reloads mounts the parent folder instead.
 */
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

/** A bind mount. A missing folder is an error; Docker must not create it as root. */
function bind(source: string, target: string, readOnly = false) {
  return { type: "bind", source, target, ...(readOnly ? { read_only: true } : {}), bind: { create_host_path: false } };
}

function runAs(site: Site, service: Service) {
  const { user } = service;
  const uid = site.layout.uid ?? (user?.imposed ? user.uid : undefined);
  return uid === undefined || !user ? {} : { user: `${uid}:${user.gid}` };
}
