import { UNKNOWN } from "../../resource.ts";
import { accountExists } from "./apiErrors.ts";
import { type CommonInputs, newNumber, resourceType } from "./kind.ts";

type AccountInputs = CommonInputs & {
  accountId?: string;
  description?: string;
  disabled?: boolean;
  displayName?: string;
};

type AccountOutputs = { email: string; member: string; name: string; uniqueId: string };

const form = "^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$";

/** `gcp:serviceaccount/account:Account` */
export const serviceAccount = resourceType<AccountInputs, AccountOutputs>({
  type: "gcp:serviceaccount/account:Account",
  title: "service account",
  noun: "service account",
  collection: "serviceAccounts",
  scope: "project",
  quota: { metric: "iam.googleapis.com/quota/service-account-count", limit: 100 },
  service: { name: "iam.googleapis.com", title: "Identity and Access Management (IAM) API", permission: "iam" },
  required: ["accountId"],
  defaults: { disabled: false },
  outputs: ["email", "member", "name", "uniqueId"],
  replaces: (path) => path === "accountId",
  nameOf: ({ accountId = "" }) => accountId,
  pathOf: ({ project }, accountId) => `projects/${project}/serviceAccounts/${emailOf(accountId, project)}`,

  check: ({ accountId }) =>
    accountId === undefined || accountId === UNKNOWN || new RegExp(form).test(accountId)
      ? []
      : [{ property: "accountId", reason: `"account_id" ("${accountId}") doesn't match regexp "${form}"` }],

  existing: ({ name, place: { project = "" } }) => accountExists(name, project),

  async create({ path, name, place: { project } }) {
    const email = emailOf(name, project);
    return { email, member: `serviceAccount:${email}`, name: path, uniqueId: newNumber() };
  },
});

const emailOf = (accountId: string, project: string) => `${accountId}@${project}.iam.gserviceaccount.com`;
