/** What the resources that give a role to a member have in common. All their properties are ForceNew, and they are only recorded. */

import { createHash } from "node:crypto";
import type { Cloud } from "../../../cloud/folder.ts";
import { readRecord } from "../../../cloud/records.ts";
import { type CheckFailure, UNKNOWN } from "../../resource.ts";
import { apiError, invalid } from "./apiErrors.ts";

export type MemberInputs = { role: string; member: string };

const members =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|project\w+):.+)$/;

export function checkMember({ member }: MemberInputs): CheckFailure[] {
  if (member === UNKNOWN || members.test(member)) return [];
  return [
    {
      property: "member",
      reason: `invalid value for member (IAM member must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)`,
    },
  ];
}

/** The API lets only an existing account have only an existing role. */
export async function refuseMember(cloud: Cloud, { role, member }: MemberInputs): Promise<void> {
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

/** A name for the record of a member. `of` is what the role is for, if the record's path does not say so. */
export const memberName = ({ role, member }: MemberInputs, of = "") =>
  `m${createHash("sha256").update(`${of} ${role} ${member}`).digest("hex").slice(0, 16)}`;
