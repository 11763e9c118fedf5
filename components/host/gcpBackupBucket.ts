import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import { Key } from "@pulumi/gcp/serviceaccount/key.js";
import { Bucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";

/**
 * Deleted and overwritten files stay for this time. The account below cannot change it, so nobody who takes over the VM can destroy
 * the backup before. It is the same as for snapshots.
 */
const DELETED_STAY_DAYS = 14;
const DAY = 24 * 3600;

export interface GcpBackupBucketArgs {
  /** Unique among all buckets at Google. Another name creates another bucket. */
  bucket: string;
  /** Name of the account that writes to it, 30 characters at most. */
  accountId: string;
  zone: string;
}

/**
 * Creates the bucket for backups, in the region of the VM, and an account that can use this bucket and nothing else.
 * @returns the account's key, JSON. Secret. Not the VM's own account: every program on the VM that reaches the metadata server has that.
 */
export function createBackupBucket(
  name: string,
  { bucket: called, accountId, zone }: GcpBackupBucketArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const bucket = new Bucket(
    `${name}-backup-bucket`,
    {
      name: called,
      location: regionOf(zone).toUpperCase(),
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      softDeletePolicy: { retentionDurationSeconds: DELETED_STAY_DAYS * DAY },
    },
    // A backup outlives the stack.
    { parent, retainOnDelete: true },
  );
  const account = new Account(
    `${name}-backup-account`,
    { accountId, displayName: `${called}: reads and writes the backup` },
    { parent },
  );
  const access = new BucketIAMMember(
    `${name}-backup-access`,
    {
      bucket: bucket.name,
      role: "roles/storage.objectUser",
      member: pulumi.interpolate`serviceAccount:${account.email}`,
    },
    { parent },
  );
  const key = new Key(`${name}-backup-key`, { serviceAccountId: account.name }, { parent, dependsOn: access });
  return pulumi.secret(key.privateKey.apply((base64) => Buffer.from(base64, "base64").toString("utf8").trim()));
}
