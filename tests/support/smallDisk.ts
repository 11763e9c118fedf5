import assert from "node:assert/strict";
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { run } from "./command.ts";

/** A small disk that is mounted at a folder; only root can make one. */
export interface SmallDisk {
  folder: string;
  /** Fills it as root, so that even the blocks that are reserved for root are used. */
  fill(): Promise<void>;
  /** Deletes what fill() wrote. */
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
  return {
    folder,
    async fill() {
      // ext4 allocates written data later, so blocks can become free again. It gives the last few to nobody.
      for (let before = -1; statfsSync(folder).bfree !== before; ) {
        before = statfsSync(folder).bfree;
        await sh(`dd if=/dev/zero bs=4k status=none >>'${filler}' 2>/dev/null || sync -f '${folder}'`);
      }
    },
    free: () => rmSync(filler, { force: true }),
    async remove() {
      // Docker may hold it for a moment longer.
      await run("umount", ["--lazy", folder]);
    },
  };
}
