import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { run } from "./command.ts";

/** A small disk that is mounted at a folder; only root can make one. */
export interface SmallDisk {
  folder: string;
  /** Fills it as root, so that even the blocks that are reserved for root are used. */
  fill(): Promise<void>;
  /** Code for sh that does the same, with content or with empty files. */
  filling: { bytes: string; files: string };
  /** Deletes what was written. */
  free(): void;
  remove(): Promise<void>;
}

/** Creates a file system as host/provision.sh does, with the reserve of a disk of 10 GB, and mounts it at a new folder. */
export async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  const filler = `${folder}/.filler`;
  const sh = async (script: string) => {
    const { code, output } = await run("sh", ["-ec", script]);
    assert.equal(code, 0, output);
  };
  mkdirSync(folder);
  await sh(
    `truncate -s ${megabytes}M '${folder}.image' && mkfs.ext4 -q -m 5 '${folder}.image' && mount -o loop,nosuid,nodev,resgid=999 '${folder}.image' '${folder}'`,
  );
  // ext4 allocates written data later, so blocks can become free again. It gives the last few to nobody.
  const bytes = `
    before=
    while now=$(stat --file-system --format %f '${folder}') && [ "$now" != "$before" ]; do
      before=$now
      dd if=/dev/zero bs=4k status=none >>'${filler}' 2>/dev/null || sync -f '${folder}'
    done`;
  const files = `mkdir '${filler}' && cd '${filler}' && seq 1000000 | xargs sh -c 'touch "$@" || exit 255' sh 2>/dev/null || :`;
  return {
    folder,
    fill: () => sh(bytes),
    filling: { bytes, files },
    free: () => rmSync(filler, { force: true, recursive: true }),
    async remove() {
      // Docker may hold it for a moment longer.
      await run("umount", ["--lazy", folder]);
    },
  };
}
