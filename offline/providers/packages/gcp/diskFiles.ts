import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../../../scripts/cli/command.ts";
import type { Cloud } from "../../../cloud/folder.ts";

/** The image of a disk. */
export function diskFile(cloud: Cloud, path: string): string {
  return join(cloud.folder, "disks", `${path}.img`);
}

/** The image of a snapshot. */
export function snapshotFile(cloud: Cloud, path: string): string {
  return join(cloud.folder, "disks", `${path}.img`);
}

/** Copies the image of a disk, keeping it sparse. */
export async function copyImage(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await run("Copying a disk", "cp", ["--reflink=auto", "--sparse=always", from, to]);
}
