import { createHash, createHmac } from "node:crypto";
import type { Secrets } from "../site/secrets.ts";
import type { MountedFolder, Service, TextFiles } from "../site/service.ts";

/** A service with the content of its files and the names of their folders. */
export interface WrittenService {
  service: Service;
  files: TextFiles;
  secretFiles: TextFiles;
  /** Folder name, a hash of the content; empty without files. */
  filesId: string;
  secretsId: string;
}

/** Builds the files of one service. @param definitionOf see ServiceFiles. */
export function writeService(
  service: Service,
  secrets: Secrets,
  definitionOf: (name: string) => Record<string, unknown>,
): WrittenService {
  const secretFiles = {
    ...service.secretFiles?.content(secrets),
    ...environmentFile(service.secretEnvironment?.(secrets) ?? {}),
  };
  const secretsId = folderName(createHmac("sha256", secrets.namingKey), secretFiles);
  const secretFolder = `${service.secretFiles?.at}${service.reload ? `/${secretsId}` : ""}`;
  const files = {
    ...service.files?.content({ secretFolder, keyHashes: secrets.keyHashes, definitionOf }),
    ...numbered(service.folders ?? []),
    ...service.units,
  };
  return { service, files, secretFiles, secretsId, filesId: folderName(createHash("sha256"), files) };
}

/** Several folders as one, numbered, because their paths in the container may be invalid names on the host. */
function numbered(folders: MountedFolder[]): TextFiles {
  const files = folders.flatMap(({ files }, number) =>
    Object.entries(files).map(([path, content]) => [`${number}/${path}`, content]),
  );
  return Object.fromEntries(files);
}

/** Variables in Compose's env_file format: quoted, with special characters escaped. */
function environmentFile(variables: Record<string, string>): TextFiles {
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${value.replace(/[\\"$]/g, "\\$&")}"\n`);
  return lines.length > 0 ? { [ENVIRONMENT]: lines.join("") } : {};
}

/** Name of the secret file with the variables of a service's environment. */
export const ENVIRONMENT = "environment";

interface Hash {
  update(text: string): Hash;
  digest(encoding: "hex"): string;
}

/** The first twelve hexadecimal digits of a hash of these parts, in this order. */
export const shortHash = (hash: Hash, parts: string[]) =>
  parts
    .reduce((sum, part) => sum.update(`${part}\0`), hash)
    .digest("hex")
    .slice(0, 12);

export const folderName = (hash: Hash, files: TextFiles) =>
  Object.keys(files).length > 0 ? shortHash(hash, [JSON.stringify(files)]) : "";
