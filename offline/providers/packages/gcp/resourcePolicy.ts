import { isDeepStrictEqual } from "node:util";
import { apiError } from "./apiErrors.ts";
import { type CommonInputs, checkName, resourceType, snakeCase } from "./kind.ts";
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

/**
 * `gcp:compute/resourcePolicy:ResourcePolicy`: only recorded; the fake cloud takes no scheduled snapshots. Checked in
 * November 2026 against the provider's resource_compute_resource_policy.go: nothing below `snapshot_schedule_policy` is
 * ForceNew. The API does not accept all of it in a PATCH ("Patching guest_flush field is not supported",
 * terraform-provider-google 20499).
 */
export const resourcePolicy = resourceType<ResourcePolicyInputs, { selfLink: string }>({
  type: "gcp:compute/resourcePolicy:ResourcePolicy",
  title: "ResourcePolicy",
  noun: "resource_policy",
  collection: "resourcePolicies",
  scope: "region",
  quota: { metric: "RESOURCE_POLICIES", limit: 100 },
  outputs: ["selfLink"],
  replaces: (path) => !/^(snapshotSchedulePolicy\.|deletionPolicy\b|description\b)/.test(path),

  check: ({ name, snapshotSchedulePolicy }) => [
    ...checkName(name),
    ...checkSchedule(snapshotSchedulePolicy?.schedule ?? {}),
  ],

  create: async ({ path }) => ({ selfLink: selfLinkOf(path) }),

  async update({ inputs }, { inputs: before, outputs }) {
    const refused = unpatchable.find(
      (field) => !isDeepStrictEqual(propertyOf(before, field), propertyOf(inputs, field)),
    );
    if (refused) throw new Error(apiError(400, `Patching ${snakeCase(refused)} field is not supported.`, "badRequest"));
    return outputs;
  },
});

/**
 * The message for `guestFlush` is the API's. The one for `storageLocations` is an assumption: `gcloud compute
 * resource-policies update` has no flag for either.
 */
const unpatchable = ["guestFlush", "storageLocations"];
const propertyOf = ({ snapshotSchedulePolicy }: ResourcePolicyInputs, field: string) =>
  snapshotSchedulePolicy?.snapshotProperties?.[field];

function checkSchedule({ dailySchedule, hourlySchedule }: Partial<SnapshotSchedulePolicy["schedule"]>) {
  const startTime = dailySchedule?.startTime ?? hourlySchedule?.startTime;
  // The cloud starts at any time within the given hour, so it accepts no minutes.
  if (startTime === undefined || !/^\d/.test(startTime) || /^([01][0-9]|2[0-3]):00$/.test(startTime)) return [];
  return [
    {
      property: "snapshotSchedulePolicy",
      reason: `hour has to be between 00 and 23, and minutes 00: "start_time" ("${startTime}")`,
    },
  ];
}
