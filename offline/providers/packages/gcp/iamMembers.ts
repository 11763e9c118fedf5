import { UNKNOWN } from "../../resource.ts";
import { checkMember, type MemberInputs, memberName, refuseMember } from "./iamMember.ts";
import { type CommonInputs, fingerprint, resourceType } from "./kind.ts";
import { lastPart, referredPath } from "./scope.ts";

const iam = { name: "iam.googleapis.com", title: "Identity and Access Management (IAM) API", permission: "iam" };

type InstanceMemberInputs = CommonInputs & MemberInputs & { instanceName: string };

/** `gcp:compute/instanceIAMMember:InstanceIAMMember`. It goes with its instance, which the API deletes although it has members. */
export const instanceIamMember = resourceType<InstanceMemberInputs, { etag: string }>({
  type: "gcp:compute/instanceIAMMember:InstanceIAMMember",
  title: "IAM policy of compute instance",
  noun: "instance",
  collection: "instances",
  scope: "zone",
  quota: { metric: "IAM_MEMBERS", limit: 1500 },
  required: ["instanceName", "role", "member"],
  outputs: ["etag"],
  replaces: () => true,
  nameOf: (inputs) => memberName(inputs, inputs.instanceName),
  pathOf: ({ project }, name) => `projects/${project}/iam/${name}`,
  check: checkMember,

  async create({ inputs, cloud }) {
    await refuseMember(cloud, inputs);
    return { etag: fingerprint() };
  },
});

type ProjectMemberInputs = CommonInputs & MemberInputs & { project: string };

/** `gcp:projects/iAMMember:IAMMember` */
export const projectIamMember = resourceType<ProjectMemberInputs, { etag: string }>({
  type: "gcp:projects/iAMMember:IAMMember",
  title: "IAM policy of project",
  noun: "project",
  collection: "projects",
  scope: "project",
  quota: { metric: "IAM_MEMBERS", limit: 1500 },
  service: {
    name: "cloudresourcemanager.googleapis.com",
    title: "Cloud Resource Manager API",
    permission: "resourcemanager.projects",
  },
  required: ["project", "role", "member"],
  outputs: ["etag"],
  replaces: () => true,
  nameOf: (inputs) => memberName(inputs),
  pathOf: ({ project }, name) => `projects/${project}/iam/${name}`,
  check: checkMember,

  async create({ inputs, cloud }) {
    await refuseMember(cloud, inputs);
    return { etag: fingerprint() };
  },
});

type AccountMemberInputs = CommonInputs & MemberInputs & { serviceAccountId: string };

/** `gcp:serviceaccount/iAMMember:IAMMember` */
export const accountIamMember = resourceType<AccountMemberInputs, { etag: string }>({
  type: "gcp:serviceaccount/iAMMember:IAMMember",
  title: "IAM policy of service account",
  noun: "service account",
  collection: "serviceAccounts",
  scope: "project",
  quota: { metric: "IAM_MEMBERS", limit: 1500 },
  service: iam,
  required: ["serviceAccountId", "role", "member"],
  outputs: ["etag"],
  replaces: () => true,
  nameOf: (inputs) => memberName(inputs, inputs.serviceAccountId),
  pathOf: ({ project }, name) => `projects/${project}/iam/${name}`,
  check: checkMember,
  uses: ({ serviceAccountId }, place) => [referredPath(serviceAccountId, "serviceAccounts", place, "project")],

  async create({ inputs, cloud }) {
    await refuseMember(cloud, inputs);
    return { etag: fingerprint() };
  },
});

const roleForm = "[a-zA-Z0-9_\\.]{3,64}";

type RoleInputs = CommonInputs & { roleId: string; title: string; permissions: string[]; stage?: string };

/**
 * `gcp:projects/iAMCustomRole:IAMCustomRole`. Limit: a deleted role's ID is free at once, which at Google takes 7 to 37 days.
 */
export const customRole = resourceType<RoleInputs, { name: string; deleted: boolean }>({
  type: "gcp:projects/iAMCustomRole:IAMCustomRole",
  title: "the custom project role",
  noun: "role",
  collection: "roles",
  scope: "project",
  quota: { metric: "iam.googleapis.com/quota/custom-role-count", limit: 300 },
  service: { ...iam, permission: "iam.roles" },
  required: ["permissions", "roleId", "title"],
  defaults: { stage: "GA" },
  outputs: ["name", "deleted"],
  replaces: (path) => path === "roleId",
  nameOf: ({ roleId }) => roleId,
  nameForm: roleForm,
  pathOf: ({ project }, roleId) => `projects/${project}/roles/${lastPart(roleId)}`,

  check: ({ roleId }) =>
    roleId === UNKNOWN || new RegExp(`^${roleForm}$`).test(roleId)
      ? []
      : [{ property: "roleId", reason: `"role_id" ("${roleId}") doesn't match regexp "^${roleForm}$"` }],

  create: async ({ path }) => ({ name: path, deleted: false }),
});
