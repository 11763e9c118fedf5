import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Cloud } from "../../../cloud/folder.ts";
import { growDisk } from "../../../cloud/machines.ts";
import { type CloudRecord, createRecord, listRecords, readRecord } from "../../../cloud/records.ts";
import { invalid, notFound, ProviderError } from "./apiErrors.ts";
import { type AttachedDisk, attachmentsOf } from "./attachments.ts";
import { copyImage, diskFile, snapshotFile } from "./diskFiles.ts";
import { type CommonInputs, fingerprint, labelOutputs, newNumber, resourceType, type Site, timestamp } from "./kind.ts";
import { lastPart, type Place, referredPath, selfLinkOf } from "./scope.ts";

type DiskInputs = CommonInputs & {
  /** GB. Default: 500, as for a pd-standard disk without an image. */
  size?: number;
  /** Default: pd-standard. */
  type?: string;
  description?: string;
  image?: string;
  snapshot?: string;
  createSnapshotBeforeDestroy?: boolean;
  createSnapshotBeforeDestroyPrefix?: string;
};

type DiskOutputs = {
  creationTimestamp: string;
  diskId: string;
  effectiveLabels: Record<string, string>;
  labelFingerprint: string;
  physicalBlockSizeBytes: number;
  pulumiLabels: Record<string, string>;
  selfLink: string;
  size: number;
  users: string[];
};

const inPlace =
  /^(size|labels|provisionedIops|provisionedThroughput|accessMode|createSnapshotBeforeDestroy(Prefix)?|deletionPolicy|multiWriter)\b/;

/** `gcp:compute/disk:Disk`: a file of the cloud's folder that outlives the machines it is attached to. */
export const disk = resourceType<DiskInputs, DiskOutputs>({
  type: "gcp:compute/disk:Disk",
  title: "Disk",
  noun: "disk",
  collection: "disks",
  scope: "zone",
  quota: { metric: "DISKS_TOTAL_GB", limit: 500 },
  defaults: { type: "pd-standard", createSnapshotBeforeDestroy: false },
  outputs: [
    ...(["creationTimestamp", "diskId", "effectiveLabels", "labelFingerprint", "physicalBlockSizeBytes"] as const),
    ...(["pulumiLabels", "selfLink", "size", "users"] as const),
  ],
  replaces: (path, { outputs }, { size = outputs.size }) =>
    // A disk grows in place and never shrinks.
    path === "size" ? Number(size) < outputs.size : !inPlace.test(path),
  unknownAfter: () => ["effectiveLabels", "pulumiLabels", "labelFingerprint"],

  async create({ cloud, path, place, inputs, operation }) {
    if (inputs.image !== undefined) {
      throw new Error("the fake cloud creates only blank disks, or disks from a snapshot: leave out image");
    }
    const source = inputs.snapshot && (await snapshotOf(cloud, inputs.snapshot, place));
    const size = inputs.size ?? (source ? source.properties.diskSizeGb : 500);
    if (source && size < source.properties.diskSizeGb) {
      throw new Error(
        invalid(
          `Invalid value for field 'resource.sizeGb': '${size}'. Requested disk size cannot be smaller than the snapshot size (${source.properties.diskSizeGb} GB)`,
        ),
      );
    }
    if (size < 1 || size > 65536) {
      throw new Error(
        invalid(`Invalid value for field 'resource.sizeGb': '${size}'. Disk size must be between 10 GB and 65536 GB`),
      );
    }
    const file = diskFile(cloud, path);
    await mkdir(dirname(file), { recursive: true });
    // A sparse file takes no space until something is written.
    await writeFile(file, "", { flag: "wx" });
    if (source) await copyImage(snapshotFile(cloud, source.path), file);
    await truncate(file, size * 2 ** 30);
    return {
      creationTimestamp: timestamp(),
      diskId: newNumber(),
      labelFingerprint: fingerprint(),
      physicalBlockSizeBytes: 4096,
      selfLink: selfLinkOf(path),
      size,
      users: [],
      ...labelOutputs(inputs, operation),
    };
  },

  async update({ cloud, path, inputs, operation }, { outputs }) {
    const size = inputs.size ?? outputs.size;
    if (size < outputs.size) throw new Error(invalid(`Requested disk size cannot be smaller than current size.`));
    if (size > outputs.size) await growDisk(cloud, diskFile(cloud, path), size, await attachmentsOf(cloud, path));
    return { ...outputs, size, ...labelOutputs(inputs, operation) };
  },

  async delete(site, { inputs }) {
    const { cloud, path } = site;
    if (inputs.createSnapshotBeforeDestroy) await lastSnapshot(site);
    await rm(diskFile(cloud, path), { force: true });
  },

  async read({ cloud, path }) {
    const users = (await listRecords<{ attachedDisks?: AttachedDisk[] }>(cloud)).filter(({ uses }) =>
      uses.includes(path),
    );
    return { users: users.filter((user) => user.path.includes("/instances/")).map((user) => selfLinkOf(user.path)) };
  },
});

/**
 * The result of `createSnapshotBeforeDestroy`. Checked in November 2026 against the provider's
 * resource_compute_disk.go, `resourceComputeDiskDelete`: the name and its limit, and that the disk stays if the
 * snapshot fails.
 */
async function lastSnapshot({ cloud, path, name, place, inputs }: Site<DiskInputs>): Promise<void> {
  const prefix = inputs.createSnapshotBeforeDestroyPrefix || name;
  const origin = inputs.createSnapshotBeforeDestroyPrefix ? "create_snapshot_before_destroy_prefix" : "disk";
  if (prefix.length > 48) {
    throw new ProviderError(
      `Your ${origin} name is too long to perform this action. The max is 48 characters. Please use "create_snapshot_before_destroy_prefix" to set a custom name for the snapshot.`,
    );
  }
  const [day, time] = new Date()
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, "")
    .split("T");
  const snapshot = `projects/${place.project}/global/snapshots/${prefix}-${day}-${time}`;
  await copyImage(diskFile(cloud, path), snapshotFile(cloud, snapshot));
  const disk = await readRecord<{ size: number }>(cloud, path);
  await createRecord(cloud, {
    path: snapshot,
    type: "gcp:compute/snapshot:Snapshot",
    uses: [],
    properties: { name: lastPart(snapshot), project: place.project, diskSizeGb: disk?.properties.size },
  });
}

/** The snapshot that a disk is created from. */
async function snapshotOf(cloud: Cloud, reference: string, place: Place): Promise<CloudRecord<{ diskSizeGb: number }>> {
  const path = referredPath(reference, "snapshots", place, "global");
  const record = await readRecord<{ diskSizeGb: number }>(cloud, path);
  if (record === undefined) throw new Error(notFound(path));
  return record;
}
