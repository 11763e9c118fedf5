import { UNKNOWN } from "../../resource.ts";
import { type CommonInputs, resourceType } from "./kind.ts";

type RoleInputs = CommonInputs & { roleId: string; title: string; permissions: string[]; stage?: string };

const form = "[a-zA-Z0-9_\\.]{3,64}";

/**
 * `gcp:projects/iAMCustomRole:IAMCustomRole`. Limit: a deleted role's ID is free at once, which takes 7 to 37 days at Google.
 */
export const customRole = resourceType<RoleInputs, { name: string; deleted: boolean }>({
  type: "gcp:projects/iAMCustomRole:IAMCustomRole",
  title: "the custom project role",
  noun: "role",
  collection: "roles",
  scope: "project",
  quota: { metric: "iam.googleapis.com/quota/custom-role-count", limit: 300 },
  service: {
    name: "iam.googleapis.com",
    title: "Identity and Access Management (IAM) API",
    permission: "iam.roles",
  },
  required: ["permissions", "roleId", "title"],
  defaults: { stage: "GA" },
  outputs: ["name", "deleted"],
  replaces: (path) => path === "roleId",
  nameOf: ({ roleId }) => roleId,
  nameForm: form,
  pathOf: ({ project }, roleId) => `projects/${project}/roles/${roleId}`,

  check: ({ roleId }) =>
    roleId === UNKNOWN || new RegExp(`^${form}$`).test(roleId)
      ? []
      : [{ property: "roleId", reason: `"role_id" ("${roleId}") doesn't match regexp "^${form}$"` }],

  create: async ({ path }) => ({ name: path, deleted: false }),
});
