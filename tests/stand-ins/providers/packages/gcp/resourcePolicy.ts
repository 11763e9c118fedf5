import { type CommonInputs, checkName, resourceType } from "./kind.ts";
import { selfLinkOf } from "./scope.ts";

type SnapshotSchedulePolicy = {
  schedule: {
    dailySchedule?: { daysInCycle: number; startTime: string };
    hourlySchedule?: { hoursInCycle: number; startTime: string };
    weeklySchedule?: { dayOfWeeks: { day: string; startTime: string }[] };
  };
  retentionPolicy?: { maxRetentionDays: number; onSourceDiskDelete?: string };
  snapshotProperties?: Record<string, unknown>;
};

type ResourcePolicyInputs = CommonInputs & { description?: string; snapshotSchedulePolicy?: SnapshotSchedulePolicy };

/** `gcp:compute/resourcePolicy:ResourcePolicy`: recorded; the stand-in cloud takes no snapshots. */
export const resourcePolicy = resourceType<ResourcePolicyInputs, { selfLink: string }>({
  type: "gcp:compute/resourcePolicy:ResourcePolicy",
  title: "ResourcePolicy",
  noun: "resource_policy",
  collection: "resourcePolicies",
  scope: "region",
  quota: { metric: "RESOURCE_POLICIES", limit: 100 },
  outputs: ["selfLink"],
  replaces: (path) =>
    !/^(snapshotSchedulePolicy\.(schedule|retentionPolicy)|deletionPolicy|description)\b/.test(path) ||
    path.startsWith("snapshotSchedulePolicy.snapshotProperties"),

  check: ({ name, snapshotSchedulePolicy }) => [
    ...checkName(name),
    ...checkSchedule(snapshotSchedulePolicy?.schedule ?? {}),
  ],

  create: async ({ path }) => ({ selfLink: selfLinkOf(path) }),
});

function checkSchedule({ dailySchedule, hourlySchedule }: Partial<SnapshotSchedulePolicy["schedule"]>) {
  const startTime = dailySchedule?.startTime ?? hourlySchedule?.startTime;
  // The cloud begins within the hour that is named, so that it takes no minutes.
  if (startTime === undefined || !/^\d/.test(startTime) || /^([01][0-9]|2[0-3]):00$/.test(startTime)) return [];
  return [
    {
      property: "snapshotSchedulePolicy",
      reason: `hour has to be between 00 and 23, and minutes 00: "start_time" ("${startTime}")`,
    },
  ];
}
