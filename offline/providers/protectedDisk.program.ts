/**
 * The Pulumi program of protectedDisk.test.ts: the data disk of a VM and its snapshot policy, as in
 * components/host/gcpVm.ts.
 */

import { readFileSync } from "node:fs";
import { Disk } from "@pulumi/gcp/compute/disk.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";

// Stacks of earlier versions lack both.
const { now } = JSON.parse(readFileSync("inputs.json", "utf8"));

new Disk(
  "host-data",
  {
    ...{ project: "my-project", zone: "us-central1-a", name: "lab-data-us-central1-a", size: 20, type: "pd-standard" },
    ...(now ? { createSnapshotBeforeDestroy: true, createSnapshotBeforeDestroyPrefix: "lab-data" } : {}),
  },
  { protect: true },
);
new ResourcePolicy(
  "host-snapshots",
  {
    ...{ project: "my-project", region: "us-central1", name: "lab-daily" },
    snapshotSchedulePolicy: {
      schedule: { dailySchedule: { daysInCycle: 1, startTime: "05:00" } },
      ...(now ? { snapshotProperties: { storageLocations: "us-central1" } } : {}),
    },
  },
  { ignoreChanges: now ? ["snapshotSchedulePolicy.snapshotProperties"] : [] },
);
