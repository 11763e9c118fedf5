import { createHash } from "node:crypto";
import type { Cloud } from "../../../cloud/folder.ts";
import { readRecord } from "../../../cloud/records.ts";
import { type CheckFailure, UNKNOWN } from "../../resource.ts";
import { apiError, invalid } from "./apiErrors.ts";
import { type CommonInputs, fingerprint, type Kind, resourceType } from "./kind.ts";

type MemberInputs = CommonInputs & { role: string; member: string };

/** What differs between the kinds. */
type MemberKind<Inputs extends MemberInputs> = Pick<
  Kind<Inputs, { etag: string }>,
  "type" | "title" | "noun" | "collection" | "scope" | "service" | "uses"
> & {
  /** The input that says what the role is for. */
  of: keyof Inputs & string;
};

const members =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|project\w+):.+)$/;

/** A resource that gives a role to a member. All its properties are ForceNew, and it is only recorded. */
export function iamMember<Inputs extends MemberInputs>({ of, ...kind }: MemberKind<Inputs>) {
  return resourceType<Inputs, { etag: string }>({
    ...kind,
    quota: { metric: "IAM_MEMBERS", limit: 1500 },
    required: [of, "role", "member"],
    outputs: ["etag"],
    replaces: () => true,
    nameOf: (inputs) => {
      const what = `${inputs[of]} ${inputs.role} ${inputs.member}`;
      return `m${createHash("sha256").update(what).digest("hex").slice(0, 16)}`;
    },
    // All projects share the names of buckets.
    pathOf: ({ project }, name) => `projects/${kind.noun === "bucket" ? "_" : project}/iam/${name}`,
    check: checkMember,

    async create({ inputs, cloud }) {
      await refuseMember(cloud, inputs);
      return { etag: fingerprint() };
    },
  });
}

function checkMember({ member }: MemberInputs): CheckFailure[] {
  if (member === UNKNOWN || members.test(member)) return [];
  return [
    {
      property: "member",
      reason: `invalid value for member (IAM member must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)`,
    },
  ];
}

/** The API lets only an existing account have only an existing role. */
async function refuseMember(cloud: Cloud, { role, member }: MemberInputs): Promise<void> {
  if (!/^(roles|projects\/[^/]+\/roles|organizations\/[^/]+\/roles)\//.test(role))
    throw new Error(invalid(`Role ${role} is not supported for this resource.`));
  if (role.startsWith("projects/") && (await readRecord(cloud, role)) === undefined)
    throw new Error(apiError(400, `Role (${role}) does not exist in the resource's hierarchy.`, "badRequest"));
  const account = /^serviceAccount:(.+)@(.+)\.iam\.gserviceaccount\.com$/.exec(member);
  if (!account) return;
  const [, name = "", project = ""] = account;
  const path = `projects/${project}/serviceAccounts/${name}@${project}.iam.gserviceaccount.com`;
  if ((await readRecord(cloud, path)) === undefined)
    throw new Error(
      apiError(400, `Service account ${name}@${project}.iam.gserviceaccount.com does not exist.`, "invalid"),
    );
}
