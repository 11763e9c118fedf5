import type { Cloud } from "../cloud/folder.ts";
import { listRecords, readRecord } from "../cloud/records.ts";
import type { Permit } from "./compute.ts";
import { ApiError } from "./errors.ts";

/** What an account may do, by the roles that it has at a VM and at the project. */
export function rightsOf(cloud: Cloud, account: string): Permit {
  return async (permission, path) => {
    const [, project = "", instance] = /^projects\/([^/]+)(?:\/zones\/[^/]+\/instances\/([^/]+))?$/.exec(path) ?? [];
    for (const { type, properties } of await listRecords<Record<string, string>>(cloud)) {
      if (!type.endsWith("IAMMember") || properties.member !== `serviceAccount:${account}`) continue;
      const isHere =
        type === "gcp:projects/iAMMember:IAMMember"
          ? properties.project === project
          : type === "gcp:compute/instanceIAMMember:InstanceIAMMember" && properties.instanceName === instance;
      if (!isHere) continue;
      const role = await readRecord<{ permissions: string[] }>(cloud, properties.role ?? "");
      if (role?.properties.permissions.includes(permission)) return;
    }
    throw new ApiError(403, `Required '${permission}' permission for '${path}'`, "forbidden");
  };
}
