import { checkMember, type MemberInputs, memberName, refuseMember } from "./iamMember.ts";
import { type CommonInputs, fingerprint, resourceType } from "./kind.ts";
import { lastPart } from "./scope.ts";

type BucketMemberInputs = CommonInputs & MemberInputs & { bucket: string };

/** `gcp:storage/bucketIAMMember:BucketIAMMember` */
export const bucketIamMember = resourceType<BucketMemberInputs, { etag: string }>({
  type: "gcp:storage/bucketIAMMember:BucketIAMMember",
  title: "IAM policy of storage bucket",
  noun: "bucket",
  collection: "buckets",
  scope: "project",
  quota: { metric: "IAM_MEMBERS", limit: 1500 },
  service: { name: "storage.googleapis.com", title: "Cloud Storage API", permission: "storage" },
  required: ["bucket", "role", "member"],
  outputs: ["etag"],
  replaces: () => true,
  nameOf: (inputs) => memberName(inputs, inputs.bucket),
  pathOf: (_, name) => `projects/_/iam/${name}`,
  check: checkMember,
  uses: ({ bucket }) => [`projects/_/buckets/${lastPart(bucket)}`],

  async create({ inputs, cloud }) {
    await refuseMember(cloud, inputs);
    return { etag: fingerprint() };
  },
});
