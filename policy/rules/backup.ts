import { mayBe, UNKNOWN, valueAt } from "../inputs.ts";
import type { ResourceRule } from "../policies.ts";

/** Rules for the bucket of backups. */

const BUCKET = /^gcp:storage\/bucket:Bucket$/;
/** For how many days deleted objects stay: docs/security.md. */
const DELETED_STAY_DAYS = 14;
const DAY = 24 * 3600;

export const bucketIsPrivate: ResourceRule = {
  name: "bucket-is-private",
  description: "No object of a bucket is public: access is the same for all of them, and Google refuses public access.",
  types: BUCKET,
  check: ({ inputs }) =>
    [
      { key: "uniformBucketLevelAccess", value: true },
      { key: "publicAccessPrevention", value: "enforced" },
    ]
      .filter(({ key, value }) => !mayBe(inputs, key, value))
      .map(({ key, value }) => `${key} is ${String(valueAt(inputs, key) ?? "not set")}. Set it to ${value}.`),
};

export const bucketKeepsDeletedObjects: ResourceRule = {
  name: "bucket-keeps-deleted-objects",
  description: `Deleted objects of a bucket stay for ${DELETED_STAY_DAYS} days, so that nobody who takes over the VM can destroy the backup.`,
  types: BUCKET,
  check({ inputs }) {
    const key = "softDeletePolicy.retentionDurationSeconds";
    const seconds = valueAt(inputs, key);
    return [
      ...(seconds === UNKNOWN || Number(seconds) >= DELETED_STAY_DAYS * DAY
        ? []
        : [`${key} is ${String(seconds ?? "not set")}. Set it to ${DELETED_STAY_DAYS * DAY} or more.`]),
      ...(valueAt(inputs, "forceDestroy") === true
        ? ["forceDestroy deletes the backup with the bucket. Remove it."]
        : []),
    ];
  },
};
