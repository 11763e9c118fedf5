import { createHash } from "node:crypto";
import type { TextFiles } from "../site/service.ts";
import type { HostFile } from "./archive.ts";
import { folderName } from "./writtenService.ts";

/** Files of a folder, as the archive has them. */
export function hostFiles(folder: string, files: TextFiles, mode: string): HostFile[] {
  return Object.entries(files).map(([path, content]) => ({ path: `${folder}/${path}`, mode, content }));
}

/** Units for the host's systemd that belong to no service, in a folder named after their content. */
export function unitFiles(folder: string, units: TextFiles = {}): { id: string; files: HostFile[] } {
  const id = folderName(createHash("sha256"), units);
  return { id, files: hostFiles(`${folder}/${id}`, units, "0644") };
}
