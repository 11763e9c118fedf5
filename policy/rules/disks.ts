import { listAt, mayBe, UNKNOWN, valueAt } from "../inputs.ts";
import type { Resource, ResourceRule } from "../policies.ts";

/** Rules for disks and their snapshots. */

const INSTANCE = "gcp:compute/instance:Instance";
const SCHEDULE = "gcp:compute/resourcePolicy:ResourcePolicy";
/** Types of the program's resources that Google lets label. */
const LABELLED = /^gcp:(compute\/(instance|disk|address|snapshot|resourcePolicy)|storage\/bucket):\w+$/;
const LABEL = "jupyter-up";
/** For how many days snapshots stay: docs/backup-and-restore.md. */
const SNAPSHOT_DAYS = 14;

export const workIsProtected: ResourceRule = {
  name: "work-is-protected",
  description: "Pulumi and Google refuse to delete the disk with your work.",
  types: /^gcp:compute\/(disk:Disk|instance:Instance)$/,
  // `protectData: false` is how a user asks to destroy a stack.
  advisory: true,
  check({ type, inputs, protect }) {
    const isBootDisk = type === INSTANCE;
    // A VM with a data disk holds no work.
    if (isBootDisk && (listAt(inputs, "attachedDisks").length > 0 || valueAt(inputs, "attachedDisks") === UNKNOWN))
      return [];
    const flag = isBootDisk ? "deletionProtection" : "createSnapshotBeforeDestroy";
    return protect && mayBe(inputs, flag, true)
      ? []
      : ["pulumi destroy would delete your work. To protect it: pulumi config set protectData true"];
  },
};

export const snapshotsAreKept: ResourceRule = {
  name: "snapshots-are-kept",
  description: `Daily snapshots stay for ${SNAPSHOT_DAYS} days, also if the disk is deleted.`,
  types: new RegExp(`^${SCHEDULE}$`),
  check({ inputs }) {
    if (valueAt(inputs, "snapshotSchedulePolicy") === undefined) return [];
    const policy = "snapshotSchedulePolicy.retentionPolicy";
    const days = valueAt(inputs, `${policy}.maxRetentionDays`);
    const keeps = ["APPLY_RETENTION_POLICY", "KEEP_AUTO_SNAPSHOTS"];
    return [
      ...(days === UNKNOWN || Number(days) >= SNAPSHOT_DAYS
        ? []
        : [`${policy}.maxRetentionDays is ${String(days ?? "not set")}. Set it to ${SNAPSHOT_DAYS} or more.`]),
      ...(keeps.some((value) => mayBe(inputs, `${policy}.onSourceDiskDelete`, value))
        ? []
        : [`Google deletes its snapshots with the disk. Set ${policy}.onSourceDiskDelete to ${keeps[0]}.`]),
    ];
  },
};

export const hasLabel: ResourceRule = {
  name: "has-label",
  description: `Everything at Google that can have a label has ${LABEL}, for bills and searches: also boot disks and snapshots.`,
  types: LABELLED,
  check(resource) {
    const { type, inputs, ignoreChanges } = resource;
    // These have a schedule's own labels: the provider's do not reach what Google creates later.
    const inside: Record<string, string> = {
      [INSTANCE]: "bootDisk.initializeParams",
      [SCHEDULE]: "snapshotSchedulePolicy.snapshotProperties",
    };
    const path = inside[type];
    const isIgnored = path && ignoreChanges.some((ignored) => `${path}.labels`.startsWith(ignored));
    return [
      ...(type === SCHEDULE || isLabelled(valueAt(inputs, "labels")) || isLabelledByProvider(resource)
        ? []
        : [`It has no label ${LABEL}. Set it in the defaultLabels of its provider: gcpProvider().`]),
      ...(!path || isIgnored || isLabelled(valueAt(inputs, `${path}.labels`))
        ? []
        : [`${path}.labels has no label ${LABEL}. Set it there: the labels of the provider do not reach it.`]),
    ];
  },
};

const isLabelled = (labels: unknown) => labels === UNKNOWN || valueAt(labels, LABEL) !== undefined;

/** Labels that are not text reach a provider as JSON. */
function isLabelledByProvider({ provider }: Resource): boolean {
  const labels = valueAt(provider, "defaultLabels");
  return isLabelled(typeof labels === "string" ? JSON.parse(labels) : labels);
}
