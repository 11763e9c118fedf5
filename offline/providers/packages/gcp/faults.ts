/**
 * Injected faults. A test that needs a refusal writes `faults.json` into the cloud's folder, a list such as
 *
 *     [{ "type": "gcp:compute/instance:Instance", "operation": "create", "fault": "zone exhausted", "times": 1 }]
 *
 * `type` and `operation` may be `*`. Without `times`, the fault stays. The first match counts.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import {
  accountNotUsable,
  apiNotEnabled,
  billingDisabled,
  iamPermissionDenied,
  ProviderError,
  permissionDenied,
  quotaExceeded,
  zoneExhausted,
} from "./apiErrors.ts";

export type FaultName =
  | "account not usable"
  | "api not enabled"
  | "billing disabled"
  | "permission denied"
  | "quota exceeded"
  | "zone exhausted";

export interface Fault {
  /** Pulumi's type token, or `*`. */
  readonly type: string;
  readonly operation: "create" | "update" | "delete" | "*";
  readonly fault: FaultName | "other";
  /** The API's own words, for a `fault` that is `other`. */
  readonly message?: string;
  /** How many more times. Default: always. */
  readonly times?: number;
}

/** The object that refusals are about. */
export interface Subject {
  readonly type: string;
  readonly operation: "create" | "update" | "delete";
  readonly path: string;
  /** `instance` */
  readonly noun: string;
  /** `compute.networks` */
  readonly permission: string;
  readonly service: string;
  readonly serviceTitle: string;
  /** The quota that it counts against, and its limit. */
  readonly quota: { readonly metric: string; readonly limit: number };
}

/** The fault that a test has injected for this case; undefined if none. */
export async function injectedFault(cloud: Cloud, subject: Subject): Promise<Error | undefined> {
  const file = join(cloud.folder, "faults.json");
  const faults = await readJson<Fault[]>(file);
  const fault = faults?.find(
    ({ type, operation, times = 1 }) =>
      [subject.type, "*"].includes(type) && [subject.operation, "*"].includes(operation) && times > 0,
  );
  if (faults === undefined || fault === undefined) return undefined;
  if (fault.times !== undefined) {
    const times = fault.times - 1;
    await writeJson(
      file,
      faults.map((other) => (other === fault ? { ...fault, times } : other)),
    );
  }
  const text = textOf(fault, subject);
  // The API accepts the request, and the operation then fails.
  if (fault.fault !== "zone exhausted") return new Error(text);
  return new ProviderError(`Error waiting for ${subject.noun} to ${subject.operation}: ${text}`);
}

/**
 * Waits as long as the API's operation continues after the object exists. The provider polls the operation, which
 * really takes seconds to minutes. A test that needs this delay writes `operations.json`: `{ "milliseconds": 3000 }`.
 * Default: none.
 */
export async function operationEnds(cloud: Cloud): Promise<void> {
  const { milliseconds = 0 } = (await readJson<{ milliseconds?: number }>(join(cloud.folder, "operations.json"))) ?? {};
  await pause(milliseconds);
}

const verbs = { create: "create", update: "update", delete: "delete" };
// The number that Google gives a project besides its name.
const projectNumber = "123456789012";

function textOf({ fault, message = "" }: Fault, subject: Subject): string {
  const [, , project = "", scope = "", place = ""] =
    /^(projects)\/([^/]+)\/?([^/]*)\/?([^/]*)/.exec(subject.path) ?? [];
  const permission = `${subject.permission}.${verbs[subject.operation]}`;
  switch (fault) {
    case "account not usable":
      return accountNotUsable(`jupyter-up@${project}.iam.gserviceaccount.com`);
    case "billing disabled":
      return billingDisabled(project);
    case "api not enabled":
      return apiNotEnabled(subject.serviceTitle, subject.service, projectNumber);
    case "permission denied":
      return subject.service === "iam.googleapis.com"
        ? iamPermissionDenied(permission)
        : permissionDenied(permission, subject.path);
    case "quota exceeded": {
      const where = scope === "global" ? "globally" : `in region ${place.replace(/-[a-z]$/, "")}`;
      return quotaExceeded(subject.quota.metric, subject.quota.limit, where);
    }
    case "zone exhausted":
      return zoneExhausted(`projects/${project}/zones/${place}`);
    case "other":
      return message;
  }
}
