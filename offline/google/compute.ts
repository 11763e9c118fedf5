/**
 * The part of Compute Engine's API that changes a VM's machine type, over the machines of the fake cloud. A fake, held to Google's
 * reference in November 2026 (https://cloud.google.com/compute/docs/reference/rest/v1/instances): type and scheduling can be changed
 * only while the VM is off.
 */

import type { Cloud } from "../cloud/folder.ts";
import { setMemory, startMachine, stopMachine } from "../cloud/machines.ts";
import { listRecords, readRecord, writeRecord } from "../cloud/records.ts";
import { machineId } from "../providers/packages/gcp/attachments.ts";
import { injectedFault } from "../providers/packages/gcp/faults.ts";
import type { InstanceInputs, InstanceOutputs } from "../providers/packages/gcp/instanceTypes.ts";
import { machineTypeOf, takesStandardDisks } from "../providers/packages/gcp/machineTypes.ts";
import { lastPart, selfLinkOf } from "../providers/packages/gcp/scope.ts";
import { ApiError, notFound } from "./errors.ts";
import { WorkflowError } from "./program.ts";

type Instance = InstanceInputs & InstanceOutputs & { machineType: string };

/** Limits of a project with a billing account, by metric; a family without one is not offered. Zero is common for new projects. */
export const QUOTAS: Record<string, number> = {
  CPUS: 24,
  N2_CPUS: 24,
  N2D_CPUS: 0,
  C2_CPUS: 8,
  PREEMPTIBLE_CPUS: 0,
};
const ALL_REGIONS = 32;

/** Cores that run in the project, by the quota that counts them. */
async function coresInUse(cloud: Cloud): Promise<Record<string, number>> {
  const used: Record<string, number> = {};
  for (const { properties } of await listRecords<Instance>(cloud, "gcp:compute/instance:Instance")) {
    if (properties.currentStatus !== "RUNNING") continue;
    const type = lastPart(properties.machineType);
    const family = type.split("-")[0]?.toUpperCase() ?? "";
    const metric = `${family}_CPUS` in QUOTAS ? `${family}_CPUS` : "CPUS";
    used[metric] = (used[metric] ?? 0) + (machineTypeOf(type)?.cpus ?? 0);
  }
  return used;
}

/** `GET projects/P/regions/R` */
export async function region(cloud: Cloud, name: string) {
  const used = await coresInUse(cloud);
  return {
    name,
    quotas: Object.entries(QUOTAS).map(([metric, limit]) => ({ metric, limit, usage: used[metric] ?? 0 })),
  };
}

/** `GET projects/P` */
export async function project(cloud: Cloud, name: string) {
  const usage = Object.values(await coresInUse(cloud)).reduce((sum, cores) => sum + cores, 0);
  return { name, quotas: [{ metric: "CPUS_ALL_REGIONS", limit: ALL_REGIONS, usage }] };
}

/** `GET projects/P/zones/Z/machineTypes/T` */
export function machineType(path: string) {
  const name = lastPart(path);
  const found = machineTypeOf(name);
  if (!found) throw notFound(path);
  return { name, guestCpus: found.cpus, memoryMb: found.memoryMb, isSharedCpu: /micro|small|medium/.test(name) };
}

async function recordOf(cloud: Cloud, path: string) {
  const record = await readRecord<Instance>(cloud, path);
  if (!record) throw notFound(path);
  return record;
}

/** `GET projects/P/zones/Z/instances/N` */
export async function instance(cloud: Cloud, path: string) {
  const { properties } = await recordOf(cloud, path);
  const zone = path.replace(/\/instances\/.*$/, "");
  const type = lastPart(properties.machineType);
  const { currentStatus: status, scheduling = {}, name } = properties;
  return { name, status, machineType: selfLinkOf(`${zone}/machineTypes/${type}`), scheduling };
}

/** Asks the operation's caller for a permission. Throws ApiError. */
export type Permit = (permission: string, path: string) => Promise<void>;

/** A call of the connector for Compute Engine: it waits for the end of the operation, and throws its error. */
export async function connector(cloud: Cloud, name: string, args: Record<string, unknown>, permit: Permit) {
  const [, verb = ""] = /^googleapis\.compute\.v1\.instances\.(\w+)$/.exec(name) ?? [];
  const path = `projects/${args.project}/zones/${args.zone}/instances/${args.instance}`;
  const act = verbs[verb];
  try {
    await permit(`compute.instances.${verb}`, path);
    if (verb === "get") return await instance(cloud, path);
    if (!act) throw new Error(`The fake of Workflows does not know the call ${name}.`);
    await permit("compute.zoneOperations.get", `projects/${args.project}`);
    await act(cloud, path, (args.body ?? {}) as Record<string, unknown>);
    return { status: "DONE" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new WorkflowError({ code: error.code, message: error.message, tags: ["HttpError"] });
  }
}

type Act = (cloud: Cloud, path: string, body: Record<string, unknown>) => Promise<void>;

const verbs: Record<string, Act> = {
  async stop(cloud, path) {
    const record = await recordOf(cloud, path);
    if (record.properties.currentStatus !== "RUNNING")
      throw new ApiError(400, `Instance '${lastPart(path)}' is not running.`, "resourceNotReady");
    await stopMachine(cloud, idOf(path));
    await writeRecord(cloud, { ...record, properties: { ...record.properties, currentStatus: "TERMINATED" } });
  },

  async setMachineType(cloud, path, { machineType }) {
    const record = await turnedOff(cloud, path);
    const type = lastPart(String(machineType));
    const found = machineTypeOf(type);
    if (!found) throw new ApiError(400, `Invalid value for field 'resource.machineType': '${machineType}'.`, "invalid");
    if (!takesStandardDisks(type))
      throw new ApiError(400, `pd-standard disk type cannot be used by ${type} machine type.`, "badRequest");
    await setMemory(cloud, idOf(path), found.memoryMb);
    await writeRecord(cloud, { ...record, properties: { ...record.properties, machineType: type } });
  },

  async setScheduling(cloud, path, body) {
    const record = await turnedOff(cloud, path);
    const scheduling = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
    const { provisioningModel, preemptible, automaticRestart, onHostMaintenance } = scheduling;
    const isSpot = provisioningModel === "SPOT";
    if (isSpot !== preemptible || (isSpot && (automaticRestart !== false || onHostMaintenance !== "TERMINATE")))
      throw new ApiError(400, "Invalid value for field 'resource.scheduling'.", "invalid");
    if ("maxRunDuration" in scheduling && !("instanceTerminationAction" in scheduling))
      throw new ApiError(400, "Invalid value for field 'resource.scheduling.instanceTerminationAction'.", "invalid");
    await writeRecord(cloud, { ...record, properties: { ...record.properties, scheduling } });
  },

  async start(cloud, path) {
    const record = await turnedOff(cloud, path);
    const [, zone = ""] = /\/zones\/([^/]+)/.exec(path) ?? [];
    const subject = { type: "gcp:compute/instance:Instance", operation: "update", path, noun: "instance" } as const;
    const service = { permission: "compute.instances", service: "compute.googleapis.com", serviceTitle: "" };
    const refusal = await injectedFault(cloud, { ...subject, ...service, quota: { metric: "CPUS", limit: 24 } });
    // The operation begins, and fails.
    if (refusal)
      throw new WorkflowError({
        message: `${refusal.message} ZONE_RESOURCE_POOL_EXHAUSTED`,
        operation: { zone, error: { errors: [{ code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: refusal.message }] } },
        tags: ["OperationError"],
      });
    await startMachine(cloud, idOf(path));
    await writeRecord(cloud, { ...record, properties: { ...record.properties, currentStatus: "RUNNING" } });
  },
};

/** A VM that is off. Throws ApiError for one that is on. */
async function turnedOff(cloud: Cloud, path: string) {
  const record = await recordOf(cloud, path);
  if (record.properties.currentStatus === "TERMINATED") return record;
  throw new ApiError(
    400,
    `Invalid resource state for 'instances.${lastPart(path)}': Instance must be stopped before this operation.`,
    "resourceNotReady",
  );
}

function idOf(path: string): string {
  const [, zone = "", name = ""] = /\/zones\/([^/]+)\/instances\/([^/]+)$/.exec(path) ?? [];
  return machineId({ zone }, name);
}
