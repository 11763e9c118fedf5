import { rm } from "node:fs/promises";
import { readRecord } from "../../../cloud/records.ts";
import { notFound } from "./apiErrors.ts";
import { copyImage, diskFile, snapshotFile } from "./diskFiles.ts";
import { type CommonInputs, checkName, fingerprint, labelOutputs, newNumber, resourceType, timestamp } from "./kind.ts";
import { type Place, referredPath, selfLinkOf } from "./scope.ts";

type SnapshotInputs = CommonInputs & {
  /** The disk's name, path or address. */
  sourceDisk: string;
  description?: string;
  storageLocations?: string[];
};

type SnapshotOutputs = {
  creationTimestamp: string;
  diskSizeGb: number;
  effectiveLabels: Record<string, string>;
  labelFingerprint: string;
  pulumiLabels: Record<string, string>;
  selfLink: string;
  snapshotId: number;
  sourceDiskLink: string;
};

/** `gcp:compute/snapshot:Snapshot`: a copy of a disk, independent of the disk. */
export const snapshot = resourceType<SnapshotInputs, SnapshotOutputs>({
  type: "gcp:compute/snapshot:Snapshot",
  title: "Snapshot",
  noun: "snapshot",
  collection: "snapshots",
  scope: "global",
  quota: { metric: "SNAPSHOTS", limit: 100 },
  required: ["sourceDisk"],
  outputs: [
    ...(["creationTimestamp", "diskSizeGb", "effectiveLabels", "labelFingerprint", "pulumiLabels"] as const),
    ...(["selfLink", "snapshotId", "sourceDiskLink"] as const),
  ],
  replaces: (path) => !/^(labels|deletionPolicy)\b/.test(path),
  unknownAfter: () => ["effectiveLabels", "pulumiLabels", "labelFingerprint"],

  check: ({ name }) => checkName(name),

  async create({ cloud, path, place, inputs, operation }) {
    const source = sourcePath(inputs, place);
    const disk = await readRecord<{ size: number }>(cloud, source);
    if (disk === undefined) throw new Error(notFound(source));
    await copyImage(diskFile(cloud, source), snapshotFile(cloud, path));
    return {
      creationTimestamp: timestamp(),
      diskSizeGb: disk.properties.size,
      labelFingerprint: fingerprint(),
      selfLink: selfLinkOf(path),
      snapshotId: Number(BigInt(newNumber()) >> 11n),
      sourceDiskLink: selfLinkOf(source),
      ...labelOutputs(inputs, operation),
    };
  },

  async delete({ cloud, path }) {
    await rm(snapshotFile(cloud, path), { force: true });
  },
});

const sourcePath = ({ sourceDisk, zone }: SnapshotInputs, place: Place) =>
  referredPath(sourceDisk, "disks", zone === undefined ? place : { ...place, zone }, "zone");
