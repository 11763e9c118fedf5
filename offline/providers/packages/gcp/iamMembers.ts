import { iamMember } from "./iamMember.ts";
import type { CommonInputs } from "./kind.ts";
import { lastPart, referredPath } from "./scope.ts";

type Member = CommonInputs & { role: string; member: string };

/** `gcp:storage/bucketIAMMember:BucketIAMMember` */
export const bucketIamMember = iamMember<Member & { bucket: string }>({
  type: "gcp:storage/bucketIAMMember:BucketIAMMember",
  title: "IAM policy of storage bucket",
  noun: "bucket",
  collection: "buckets",
  scope: "project",
  service: { name: "storage.googleapis.com", title: "Cloud Storage API", permission: "storage" },
  of: "bucket",
  uses: ({ bucket }) => [`projects/_/buckets/${lastPart(bucket)}`],
});

export const instanceMemberType = "gcp:compute/instanceIAMMember:InstanceIAMMember";

/** The API deletes an instance although it has members, and they go with it. */
export const instanceIamMember = iamMember<Member & { instanceName: string }>({
  type: instanceMemberType,
  title: "IAM policy of compute instance",
  noun: "instance",
  collection: "instances",
  scope: "zone",
  of: "instanceName",
});

/** `gcp:projects/iAMMember:IAMMember` */
export const projectIamMember = iamMember<Member & { project: string }>({
  type: "gcp:projects/iAMMember:IAMMember",
  title: "IAM policy of project",
  noun: "project",
  collection: "projects",
  scope: "project",
  service: {
    name: "cloudresourcemanager.googleapis.com",
    title: "Cloud Resource Manager API",
    permission: "resourcemanager.projects",
  },
  of: "project",
});

/** `gcp:serviceaccount/iAMMember:IAMMember` */
export const accountIamMember = iamMember<Member & { serviceAccountId: string }>({
  type: "gcp:serviceaccount/iAMMember:IAMMember",
  title: "IAM policy of service account",
  noun: "service account",
  collection: "serviceAccounts",
  scope: "project",
  service: { name: "iam.googleapis.com", title: "Identity and Access Management (IAM) API", permission: "iam" },
  of: "serviceAccountId",
  uses: ({ serviceAccountId }, place) => [referredPath(serviceAccountId, "serviceAccounts", place, "project")],
});
