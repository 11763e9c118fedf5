import { type Inputs, listAt, mayBe, UNKNOWN, valueAt } from "../inputs.ts";
import type { ResourceRule } from "../policies.ts";

/** Rules for what the stack's accounts may do at Google. */

/** All resources that give roles, at any of Google's services. */
const ROLES = /^gcp:.*IAM(Member|Binding|Policy)$/i;

/** To use the bucket for backups. */
const BUCKET_ROLE = "roles/storage.objectUser";
/** To start the VM, which runs as the VM's own account. */
const START_ROLE = "roles/iam.serviceAccountUser";
/** A role of the stack's own; the next rule says what it can contain. */
const isOwnRole = (inputs: Inputs, kind: string) => {
  const role = valueAt(inputs, "role");
  return role === UNKNOWN || (typeof role === "string" && new RegExp(`^projects/[^/]+/roles/\\w+_${kind}_`).test(role));
};

/** The roles that are in order, by the resource that gives them. */
const allowed: Record<string, (inputs: Inputs) => boolean> = {
  "gcp:storage/bucketIAMMember:BucketIAMMember": (inputs) => mayBe(inputs, "role", BUCKET_ROLE),
  "gcp:compute/instanceIAMMember:InstanceIAMMember": (inputs) => isOwnRole(inputs, "change"),
  "gcp:serviceaccount/iAMMember:IAMMember": (inputs) => mayBe(inputs, "role", START_ROLE),
  "gcp:projects/iAMMember:IAMMember": (inputs) => isOwnRole(inputs, "wait"),
};

export const accountsHaveNoRole: ResourceRule = {
  name: "accounts-have-no-role",
  description: `No account of the stack has a role, but for ${BUCKET_ROLE} at the stack's own bucket, and those that change the VM's machine type.`,
  types: ROLES,
  check({ type, inputs }) {
    const [role, member] = ["role", "member"].map((key) => valueAt(inputs, key));
    if (member === "allUsers" || member === "allAuthenticatedUsers")
      return [`It gives a role to ${member}. Remove it.`];
    if (allowed[type]?.(inputs)) return [];
    const given = typeof role === "string" ? role : "a role";
    return [`It gives ${given} to ${typeof member === "string" ? member : "an account"}. Remove it.`];
  },
};

const PERMISSIONS = /^compute\.(instances\.(get|start|stop|setMachineType|setScheduling)|zoneOperations\.get)$/;

export const ownRolesAreSmall: ResourceRule = {
  name: "own-roles-are-small",
  description: "The stack's own roles can only stop and start a VM, and change its machine type.",
  types: /^gcp:projects\/iAMCustomRole:IAMCustomRole$/,
  check({ inputs }) {
    const others = listAt(inputs, "permissions").filter((each) => typeof each === "string" && !PERMISSIONS.test(each));
    return others.map((permission) => `It contains ${String(permission)}. Remove it.`);
  },
};
