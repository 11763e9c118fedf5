import { Disk, type DiskArgs } from "@pulumi/gcp/compute/disk.js";
import { DiskResourcePolicyAttachment } from "@pulumi/gcp/compute/diskResourcePolicyAttachment.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import { Snapshot } from "@pulumi/gcp/compute/snapshot.js";
import type * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";
import { type Transform, transformed } from "../transform.ts";

const SNAPSHOT_DAYS = 14;
/** UTC; night in America, where the free machines are, and before work in Europe. */
const SNAPSHOT_HOUR = "05:00";

export interface GcpDataDiskArgs {
  /** Name of the disk at Pulumi; the names of the resources beside it begin with that of the VM's component. */
  diskName: string;
  called: string;
  zone: string;
  dataDiskGb: number;
  protectData: boolean;
  dataComesFrom?: string | undefined;
}

/** The disk that outlives the VM, and daily snapshots of it. GcpVmArgs explains the arguments. */
export function createDataDisk(
  name: string,
  { diskName, called, zone, dataDiskGb, protectData, dataComesFrom }: GcpDataDiskArgs,
  { parent, oldVmIsGone }: { parent: pulumi.Resource; oldVmIsGone: pulumi.Resource },
  transform?: Transform<DiskArgs>,
): Disk {
  const nameIn = (zone: string) => `${called}-data-${zone}`;
  // Kept until the next `pulumi up`, so that two copies are there until the new one is seen to work.
  const copy = dataComesFrom
    ? new Snapshot(
        `${name}-data-on-the-way`,
        { name: `${called}-to-${zone}`, sourceDisk: nameIn(dataComesFrom), zone: dataComesFrom },
        { parent, dependsOn: oldVmIsGone },
      )
    : undefined;
  const disk = transformed<DiskArgs>(
    transform,
    diskName,
    {
      ...{ name: nameIn(zone), zone, size: dataDiskGb, type: "pd-standard" },
      ...(copy ? { snapshot: copy.selfLink } : {}),
      // Pulumi's --ignore-protect deletes a protected disk. Google's provider takes its last snapshot then; the disk's own name
      // may be too long for one.
      createSnapshotBeforeDestroy: protectData,
      createSnapshotBeforeDestroyPrefix: `${called}-data`,
    },
    // What it was copied from matters once; it is the same disk when that is gone.
    { parent, protect: protectData, ...(copy ? {} : { ignoreChanges: ["snapshot"] }) },
  );
  const data = new Disk(...disk);
  const daily = new ResourcePolicy(
    `${name}-snapshots`,
    {
      name: `${called}-daily`,
      region: regionOf(zone),
      snapshotSchedulePolicy: {
        schedule: { dailySchedule: { daysInCycle: 1, startTime: SNAPSHOT_HOUR } },
        // Also without the disk: docs/backup-and-restore.md says how to find and restore them.
        retentionPolicy: { maxRetentionDays: SNAPSHOT_DAYS, onSourceDiskDelete: "APPLY_RETENTION_POLICY" },
        // By default they lie in several regions, which costs more.
        snapshotProperties: { storageLocations: regionOf(zone) },
      },
    },
    // Google does not change these of a schedule that is there: an earlier version's stays as it is.
    { parent, ignoreChanges: ["snapshotSchedulePolicy.snapshotProperties"] },
  );
  new DiskResourcePolicyAttachment(
    `${name}-snapshots-of-data`,
    { zone, name: daily.name, disk: data.name },
    { parent },
  );
  return data;
}
