import { Disk, type DiskArgs } from "@pulumi/gcp/compute/disk.js";
import { DiskResourcePolicyAttachment } from "@pulumi/gcp/compute/diskResourcePolicyAttachment.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import { Snapshot } from "@pulumi/gcp/compute/snapshot.js";
import type * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";
import { type Transform, transformed } from "../transform.ts";

const SNAPSHOT_DAYS = 14;
/** In UTC. It is night in America, where the free machines are, and early morning in Europe. */
const SNAPSHOT_HOUR = "05:00";

/** Name of the schedule's resource in Pulumi. */
export const snapshotsOf = (name: string) => `${name}-snapshots`;

export interface GcpDataDiskArgs {
  /** Name of the disk's resource in Pulumi. The names of the other resources start with the name of the VM's component. */
  diskName: string;
  called: string;
  labels: Record<string, string>;
  zone: string;
  dataDiskGb: number;
  protectData: boolean;
  dailySnapshots: boolean;
  dataComesFrom?: string | undefined;
}

/** Creates the disk that outlives the VM, and its daily snapshots, if it has some. GcpVmArgs explains the arguments. */
export function createDataDisk(
  name: string,
  { diskName, called, labels, zone, dataDiskGb, protectData, dailySnapshots, dataComesFrom }: GcpDataDiskArgs,
  { parent, oldVmIsGone }: { parent: pulumi.Resource; oldVmIsGone: pulumi.Resource },
  transform?: Transform<DiskArgs>,
): Disk {
  const nameIn = (zone: string) => `${called}-data-${zone}`;
  // The snapshot stays until the next `pulumi up`, so that the user can check the new disk while a second copy exists.
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
      // Pulumi's --ignore-protect deletes even a protected disk. Google's provider then takes a last snapshot of it. The
      // prefix is set because the disk's own name may be too long for a snapshot's name.
      createSnapshotBeforeDestroy: protectData,
      createSnapshotBeforeDestroyPrefix: `${called}-data`,
    },
    // The snapshot matters only when the disk is created. Its later removal must not replace the disk.
    { parent, protect: protectData, ...(copy ? {} : { ignoreChanges: ["snapshot"] }) },
  );
  const data = new Disk(...disk);
  if (dailySnapshots) createSchedule(name, called, labels, data, zone, parent);
  return data;
}

function createSchedule(
  name: string,
  called: string,
  labels: Record<string, string>,
  data: Disk,
  zone: string,
  parent: pulumi.Resource,
): void {
  const daily = new ResourcePolicy(
    snapshotsOf(name),
    {
      name: `${called}-daily`,
      region: regionOf(zone),
      snapshotSchedulePolicy: {
        schedule: { dailySchedule: { daysInCycle: 1, startTime: SNAPSHOT_HOUR } },
        // Snapshots outlive the disk, with the same retention: docs/backup-and-restore.md says how to find and restore them.
        retentionPolicy: { maxRetentionDays: SNAPSHOT_DAYS, onSourceDiskDelete: "APPLY_RETENTION_POLICY" },
        // By default, Google stores snapshots in several regions, which costs more.
        snapshotProperties: { storageLocations: regionOf(zone), labels },
      },
    },
    // Google cannot change these properties of an existing schedule, so a schedule of an earlier version keeps its own.
    { parent, ignoreChanges: ["snapshotSchedulePolicy.snapshotProperties"] },
  );
  new DiskResourcePolicyAttachment(
    `${name}-snapshots-of-data`,
    { zone, name: daily.name, disk: data.name },
    { parent },
  );
}
