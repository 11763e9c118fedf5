import { serializeArchive } from "../../../../files/release/archive.ts";
import type { ReleaseManifest, SecretsManifest } from "../../../../files/release/manifest.ts";
import { manifestOf, ownersOf, unpack } from "../../../support/unpack.ts";

/** The text of a release as apply.sh beside this file took it: lines of words in place of release.json. */
export const earlierRelease = (text: string): string => withLines(text, linesOf(manifestOf(text)));
/** The same of the secret files. */
export const earlierSecrets = (text: string): string => withLines(text, ownerLines(ownersOf(text)));

function withLines(text: string, lines: string[]): string {
  const files = Object.entries(unpack(text).files).map(([path, file]) => ({ path, ...file }));
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
      ...(service.network_attachments ?? []).map((visitor) =>
        line("visitor", visitor.service, visitor.network, visitor.alias),
      ),
      ...(service.readiness_probe
        ? [line("ready", service.name, service.readiness_probe.service, ...service.readiness_probe.succeeds)]
        : []),
      ...(service.prepare ?? []).map((argv) => line("prepare", service.name, ...argv)),
      ...(service.smoke_test ? [line("ask", service.name, ...service.smoke_test)] : []),
    ]),
  ];
}
