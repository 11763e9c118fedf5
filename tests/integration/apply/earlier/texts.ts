import { stringify } from "yaml";
import { serializeArchive } from "../../../../files/release/archive.ts";
import type { ReleaseManifest, SecretsManifest } from "../../../../files/release/manifest.ts";
import { composeOf, manifestOf, ownersOf, type Unpacked, unpack } from "../../../support/unpack.ts";

/**
 * The text of a release for apply.sh beside this file: lines of words instead of release.json. Each app has a network of
 * its own name, to which the program connects nginx, because compose.yaml does not.
 */
export function earlierRelease(text: string): string {
  const compose = composeOf(text);
  const isOfApp = (network: string) => network.startsWith("to-");
  const attachments: string[] = [];
  for (const [name, service] of Object.entries(compose.services)) {
    const { networks } = service;
    if (!networks?.some(isOfApp)) continue;
    service.networks = networks.filter((network) => !isOfApp(network));
    if (name === "nginx") continue;
    service.networks.push(`to-${name}`);
    attachments.push(`to-${name}`);
  }
  const others = Object.keys(compose.networks).filter((network) => !isOfApp(network));
  const networks = [...others, ...attachments];
  compose.networks = Object.fromEntries(networks.map((network) => [network, null]));
  const content = stringify(compose, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
  const files = { ...unpack(text).files, "compose.yaml": { mode: "0644", content } };
  const lines = linesOf({ ...manifestOf(text), networks });
  return withLines(files, [...lines, ...attachments.map((network) => `visitor nginx ${network}`)]);
}
/** The text of the secret files for apply.sh. */
export const earlierSecrets = (text: string): string => withLines(unpack(text).files, ownerLines(ownersOf(text)));

function withLines(unpacked: Unpacked["files"], lines: string[]): string {
  const files = Object.entries(unpacked).map(([path, file]) => ({ path, ...file }));
  return [...lines, serializeArchive(files)].join("\n");
}

const ownerLines = (owners: SecretsManifest["owners"]) =>
  Object.entries(owners).map(([service, owner]) => `owner ${service} ${owner}`);

function linesOf({
  release,
  project,
  images = [],
  ports = [],
  allow = [],
  networks = [],
  services = [],
}: ReleaseManifest) {
  const line = (...words: (string | number | undefined)[]) => words.filter((word) => word !== undefined).join(" ");
  return [
    line("release", release),
    line("project", project),
    ...images.map(({ reference, size_mib, setting }) => line("image", reference, size_mib, setting)),
    ...images.flatMap(({ reference, pin }) => (pin ? [line("floating", reference, pin)] : [])),
    ...ports.map(({ setting = "-", address, port }) => line("port", setting, address, port)),
    ...allow.map((entry) => line("allow", entry)),
    ...networks.map((network) => line("network", network)),
    ...services.flatMap((service) => [
      ...(service.folders ?? []).map(({ path }) => line("folder", service.user ?? service.image, path)),
      ...(service.reload ? [line("reload", service.name, service.files, ...service.reload)] : []),
      ...(service.lists ? [line("lists", service.name, service.files, ...service.lists)] : []),
      ...(service.user_controlled ? [line("user-controlled", service.name)] : []),
      ...(service.secrets ? [line("secrets", service.name, service.secrets)] : []),
      ...(service.readiness_probe
        ? [line("ready", service.name, service.readiness_probe.service, ...service.readiness_probe.succeeds)]
        : []),
      ...(service.prepare ?? []).map((argv) => line("prepare", service.name, ...argv)),
      ...(service.smoke_test ? [line("ask", service.name, ...service.smoke_test)] : []),
    ]),
  ];
}
