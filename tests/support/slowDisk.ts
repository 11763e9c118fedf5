import { existsSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { attempt, run } from "../../scripts/cli/command.ts";

/** What a disk does per second. */
export interface DiskSpeed {
  reads: number;
  writes: number;
  /** Of reads, and as many of writes. */
  bytes: number;
}

/** A disk with these limits, of which a container of Docker boots; only root can make one. */
export interface SlowDisk {
  /** The folder at which it is mounted here. */
  folder: string;
  /** The limits for a container, as options of `docker create`. */
  limits: string[];
  /**
   * Makes the kernel forget the files that it has read or written, and slows down what it writes for all programs later. Without this,
   * cgroups v1 would not limit that.
   */
  slowDown(): Promise<void>;
  /** Ends swap on the disk, and removes it. */
  remove(): Promise<void>;
}

/** Limits of cgroups v1 for the kernel itself, which writes what programs have changed. In version 2, they have its writes, too. */
const KERNELS = "/sys/fs/cgroup/blkio/blkio.throttle";
/** On a machine of 1 GB, programs have to wait if they have changed more than this and it is not written yet. */
const UNWRITTEN = 150 << 20;

/**
 * Creates a file system in a file, as a loop device, and mounts it at a new folder. A second loop device below it has the limits, because
 * Linux counts a program's requests before it merges those for neighbouring blocks, and a disk only gets merged ones.
 */
export async function slowDisk(folder: string, gigabytes: number, speed: DiskSpeed): Promise<SlowDisk> {
  const image = `${folder}.image`;
  await mkdir(folder);
  await run("truncate", "truncate", ["--size", `${gigabytes}G`, image]);
  // Everything is initialized now. Otherwise the kernel would do that in the background, and use up the disk's operations.
  const whole = ["-E", "lazy_itable_init=0,lazy_journal_init=0", "-i", "65536"];
  await run("mkfs.ext4", "mkfs.ext4", ["-q", ...whole, image]);
  const disk = await loopDevice(image);
  const device = await loopDevice(disk);
  const number = await numberOf(disk);
  await run("mount", "mount", [device, folder]);
  const writeback = `/sys/class/bdi/${await numberOf(device)}`;
  writeFileSync(`${writeback}/strict_limit`, "1");
  writeFileSync(`${writeback}/max_bytes`, `${UNWRITTEN}`);
  const kernels = (limits: DiskSpeed) => {
    if (!existsSync(`${KERNELS}.read_iops_device`)) return;
    for (const [what, limit] of Object.entries({
      read_iops: limits.reads,
      write_iops: limits.writes,
      read_bps: limits.bytes,
      write_bps: limits.bytes,
    }))
      writeFileSync(`${KERNELS}.${what}_device`, `${number} ${limit}`);
  };
  return {
    folder,
    limits: [
      ...["--device-read-iops", `${disk}:${speed.reads}`, "--device-write-iops", `${disk}:${speed.writes}`],
      ...["--device-read-bps", `${disk}:${speed.bytes}`, "--device-write-bps", `${disk}:${speed.bytes}`],
    ],
    async slowDown() {
      await run("umount", "umount", [folder]);
      await run("mount", "mount", [device, folder]);
      kernels(speed);
    },
    async remove() {
      kernels({ reads: 0, writes: 0, bytes: 0 });
      // The swap file of the product.
      await attempt("swapoff", [`${folder}/swapfile`]);
      await run("umount", "umount", [folder]);
      await run("losetup", "losetup", ["--detach", device, disk]);
      await rm(image);
      await rm(folder, { recursive: true });
    },
  };
}

/** Without direct I/O, this machine would keep the blocks in its own memory. */
async function loopDevice(of: string): Promise<string> {
  return (await run("losetup", "losetup", ["--find", "--show", "--direct-io=on", of])).trim();
}

/** `7:1` */
async function numberOf(device: string): Promise<string> {
  return (await run("lsblk", "lsblk", ["--noheadings", "--nodeps", "--output", "MAJ:MIN", device])).trim();
}
