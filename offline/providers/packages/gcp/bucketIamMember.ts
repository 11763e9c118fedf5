import { createHash } from "node:crypto";
import { readRecord } from "../../../cloud/records.ts";
import { UNKNOWN } from "../../resource.ts";
import { apiError, invalid } from "./apiErrors.ts";
import { type CommonInputs, fingerprint, resourceType } from "./kind.ts";
import { lastPart } from "./scope.ts";

type MemberInputs = CommonInputs & { bucket: string; role: string; member: string };

const members =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|project\w+):.+)$/;

/** `gcp:storage/bucketIAMMember:BucketIAMMember`: only recorded. All its properties are ForceNew. */
export const bucketIamMember = resourceType<MemberInputs, { etag: string }>({
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
  nameOf: ({ role, member }) => `m${createHash("sha256").update(`${role} ${member}`).digest("hex").slice(0, 16)}`,
  pathOf: (_, name) => `projects/_/iam/${name}`,

  check: ({ member }) =>
    member === UNKNOWN || members.test(member)
      ? []
      : [
          {
            property: "member",
            reason: `invalid value for member (IAM member must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)`,
          },
        ],

  uses: ({ bucket }) => [`projects/_/buckets/${lastPart(bucket)}`],

  async create({ inputs: { role, member }, cloud }) {
    if (!/^(roles|projects\/[^/]+\/roles|organizations\/[^/]+\/roles)\//.test(role))
      throw new Error(invalid(`Role ${role} is not supported for this resource.`));
    const account = /^serviceAccount:(.+)@(.+)\.iam\.gserviceaccount\.com$/.exec(member);
    if (account) {
      const [, name = "", project = ""] = account;
      const path = `projects/${project}/serviceAccounts/${name}@${project}.iam.gserviceaccount.com`;
      if ((await readRecord(cloud, path)) === undefined)
        throw new Error(
          apiError(400, `Service account ${name}@${project}.iam.gserviceaccount.com does not exist.`, "invalid"),
        );
    }
    return { etag: fingerprint() };
  },
});
