import { UNKNOWN } from "../../resource.ts";
import { apiError, invalid } from "./apiErrors.ts";
import { type CommonInputs, labelOutputs, resourceType } from "./kind.ts";

type BucketInputs = CommonInputs & {
  location: string;
  forceDestroy?: boolean;
  publicAccessPrevention?: string;
  softDeletePolicy?: { retentionDurationSeconds?: number };
  storageClass?: string;
  uniformBucketLevelAccess?: boolean;
};

type BucketOutputs = {
  effectiveLabels: Record<string, string>;
  projectNumber: number;
  pulumiLabels: Record<string, string>;
  selfLink: string;
  timeCreated: string;
  updated: string;
  url: string;
};

const DAY = 24 * 3600;
const nameForm = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;

/**
 * `gcp:storage/bucket:Bucket`: only recorded; the fake cloud has no objects. Checked in November 2026 against the provider's
 * resource_storage_bucket.go: name, project and location are ForceNew, and the location is compared without its case.
 */
export const bucket = resourceType<BucketInputs, BucketOutputs>({
  type: "gcp:storage/bucket:Bucket",
  title: "Bucket",
  noun: "bucket",
  collection: "buckets",
  scope: "project",
  quota: { metric: "BUCKETS", limit: 1000 },
  service: { name: "storage.googleapis.com", title: "Cloud Storage API", permission: "storage" },
  required: ["location"],
  defaults: { forceDestroy: false, storageClass: "STANDARD" },
  outputs: [
    ...(["effectiveLabels", "projectNumber", "pulumiLabels", "selfLink", "timeCreated", "updated", "url"] as const),
  ],
  replaces: (path) => ["location", "customPlacementConfig", "enableObjectRetention"].includes(path.split(".")[0] ?? ""),
  isSame: ({ path }, { inputs: before }, inputs) =>
    path === "location" && before.location.toUpperCase() === inputs.location.toUpperCase(),
  unknownAfter: () => ["effectiveLabels", "pulumiLabels", "updated"],
  // All projects share the names.
  pathOf: (_, name) => `projects/_/buckets/${name}`,
  importedName: (id) => /^(?:[^/]+\/)?([^/]+)$/.exec(id)?.[1],

  check: ({ name, publicAccessPrevention: prevention }) => [
    ...(name === undefined || name === UNKNOWN || nameForm.test(name)
      ? []
      : [
          {
            property: "name",
            reason: `"name" value can only contain lowercase letters, numeric characters, dashes (-), underscores (_), and dots (.): ${name}`,
          },
        ]),
    ...(prevention === undefined || ["inherited", "enforced"].includes(prevention)
      ? []
      : [
          {
            property: "publicAccessPrevention",
            reason: `expected public_access_prevention to be one of ["inherited" "enforced"], got ${prevention}`,
          },
        ]),
  ],

  existing: () =>
    apiError(409, "Your previous request to create the named bucket succeeded and you already own it.", "conflict"),

  async create({ name, inputs, operation }) {
    refusePolicy(inputs);
    const now = new Date().toISOString();
    return {
      projectNumber: 123456789012,
      selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
      timeCreated: now,
      updated: now,
      url: `gs://${name}`,
      ...labelOutputs(inputs, operation),
    };
  },

  async update({ inputs, operation }, { outputs }) {
    refusePolicy(inputs);
    return { ...outputs, updated: new Date().toISOString(), ...labelOutputs(inputs, operation) };
  },
});

/** The API keeps deleted objects for 7 to 90 days, or not at all. */
function refusePolicy({ softDeletePolicy }: BucketInputs): void {
  const seconds = softDeletePolicy?.retentionDurationSeconds ?? 7 * DAY;
  if (seconds !== 0 && (seconds < 7 * DAY || seconds > 90 * DAY))
    throw new Error(invalid("Soft delete retention duration must be 0, or between 7 days and 90 days."));
}
