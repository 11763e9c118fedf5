import { parse } from "yaml";
import {
  type ReleaseManifest,
  releaseManifest,
  type SecretsManifest,
  type ServiceManifest,
  secretsManifest,
} from "../../files/release/manifest.ts";
import type { settingsOf } from "../../files/services/nginx/sessionFiles.ts";

/** A parsed text of files/release/archive.ts. */
export interface Unpacked {
  /** The files, without the manifest. */
  files: Record<string, { mode: string; content: string }>;
  /** The manifest: release.json or secrets.json. */
  manifest?: { mode: string; content: string };
  /** The number after `end`. */
  count: number;
}

/** Parses an archive by its definition, independently of the host program. */
export function unpack(text: string): Unpacked {
  const unpacked: Unpacked = { files: {}, count: -1 };
  let content: { mode: string; content: string } | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("|") && content) {
      content.content += `${line.slice(1)}\n`;
      continue;
    }
    const [word, ...rest] = line.split(" ");
    if (word === "file") {
      content = { mode: rest[1] ?? "", content: "" };
      if (/^(release|secrets)\.json$/.test(rest[0] ?? "")) unpacked.manifest = content;
      else unpacked.files[rest[0] ?? ""] = content;
    } else if (word === "end") unpacked.count = Number(rest[0]);
    else throw new Error(`not understood: ${line}`);
  }
  return unpacked;
}

/** The manifest of a release. */
export function manifestOf(release: string): ReleaseManifest {
  return releaseManifest.parse(JSON.parse(unpack(release).manifest?.content ?? ""));
}

/** The manifest of one service. */
export function serviceManifestOf(release: string, name: string): ServiceManifest {
  const service = manifestOf(release).services?.find((each) => each.name === name);
  if (!service) throw new Error(`there is no service ${name}`);
  return service;
}

/** The owner of each service's secret files. */
export function ownersOf(secrets: string): SecretsManifest["owners"] {
  return secretsManifest.parse(JSON.parse(unpack(secrets).manifest?.content ?? "")).owners;
}

/** The content of the file whose path ends with this: `nginx.conf`, in any folder. */
export function contentOf(text: string, path: string): string {
  const found = Object.entries(unpack(text).files).find(([each]) => each === path || each.endsWith(`/${path}`));
  if (!found) throw new Error(`there is no file ${path}`);
  return found[1].content;
}

/** The settings of nginx's sessions, from the content of session/settings.js. */
export function sessionSettingsIn(content: string): ReturnType<typeof settingsOf> {
  return JSON.parse(content.replace(/^export default |;\n$/g, ""));
}

/** A service's definition in compose.yaml. */
export type ComposeService = Record<string, unknown> & {
  networks?: string[];
  environment?: Record<string, unknown>;
  ports?: string[];
  tmpfs?: string[];
  volumes?: { source: string; target: string; read_only?: boolean; bind: { create_host_path: boolean } }[];
};

/** The compose.yaml of a release, parsed. */
export function composeOf(release: string): {
  name: string;
  services: Record<string, ComposeService>;
  networks: Record<string, unknown>;
} {
  return parse(contentOf(release, "compose.yaml"));
}
