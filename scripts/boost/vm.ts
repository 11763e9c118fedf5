import { z } from "zod";
import type { Boost } from "../../components/host/gcpBoost.ts";
import { regionOf } from "../../settings/target/gcp.ts";
import { PlainError } from "../cli/plainError.ts";
import { type Google, NotFound } from "./google.ts";

const COMPUTE = "https://compute.googleapis.com/compute/v1";

/** What a machine type has. */
export interface MachineType {
  name: string;
  cores: number;
  memoryGb: number;
}

const typeAnswer = z.object({ guestCpus: z.number(), memoryMb: z.number() });
const instanceAnswer = z.object({ status: z.string(), machineType: z.string() });
const quotaAnswer = z.object({
  quotas: z.array(z.object({ metric: z.string(), limit: z.number(), usage: z.number() })).default([]),
});

/** The VM at Google: `RUNNING` or another status, and the name of its present machine type. */
export async function lookAt(google: Google, { project, zone, instance }: Boost) {
  const url = `${COMPUTE}/projects/${project}/zones/${zone}/instances/${instance}`;
  const { status, machineType } = instanceAnswer.parse(await google.get(url, `the state of the VM ${instance}`));
  return { status, machineType: machineType.slice(machineType.lastIndexOf("/") + 1) };
}

/** Looks up a machine type. Throws PlainError if the zone does not have it. */
export async function machineTypeIn(google: Google, { project, zone }: Boost, name: string): Promise<MachineType> {
  const url = `${COMPUTE}/projects/${project}/zones/${zone}/machineTypes/${name}`;
  try {
    const { guestCpus, memoryMb } = typeAnswer.parse(await google.get(url, `the machine type ${name}`));
    return { name, cores: guestCpus, memoryGb: memoryMb / 1024 };
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new PlainError(
      `The zone ${zone} has no machine type ${name}. This shows those that it has:`,
      `  gcloud compute machine-types list --zones ${zone} --project ${project}`,
    );
  }
}

/** A quota of the project: how many cores may run, and how many do. */
export interface Quota {
  metric: string;
  limit: number;
  usage: number;
}

/** The quotas of the VM's region, and those of the whole project. */
export async function quotasOf(google: Google, { project, zone }: Boost): Promise<Quota[]> {
  const ask = async (path: string) =>
    quotaAnswer.parse(await google.get(`${COMPUTE}/projects/${project}${path}`, `the quotas of ${project}`)).quotas;
  return (await Promise.all([ask(`/regions/${regionOf(zone)}`), ask("")])).flat();
}

/** Families whose cores have a quota of their own, by the beginning of their names. The cores of e2 and n1 count as CPUS. */
const OWN_QUOTA = ["n2", "n2d", "t2d", "c2", "c2d", "m1", "m2", "a2"];

/** The quota that counts the cores of a machine type. https://cloud.google.com/compute/resource-usage#cpu_quota */
export function metricOf(type: string): string {
  const family = type.split("-")[0] ?? "";
  return OWN_QUOTA.includes(family) ? `${family.toUpperCase()}_CPUS` : "CPUS";
}

/**
 * Why the quotas do not allow a machine type; undefined if they do. The cores of the VM as it is now are free again when it stops.
 * Spot VMs have a quota of their own, or use the same if that is 0.
 */
export function quotaIssue(
  quotas: Quota[],
  wanted: MachineType & { spot: boolean },
  now: MachineType,
): string | undefined {
  const free = (metric: string) => {
    const quota = quotas.find((each) => each.metric === metric);
    const own = metric === "CPUS_ALL_REGIONS" || metric === metricOf(now.name) ? now.cores : 0;
    return quota && { ...quota, free: quota.limit - quota.usage + own };
  };
  const spot = wanted.spot ? free("PREEMPTIBLE_CPUS") : undefined;
  const asked = [spot && spot.limit > 0 ? spot : free(metricOf(wanted.name)), free("CPUS_ALL_REGIONS")];
  const short = asked.find((quota) => quota && quota.free < wanted.cores);
  if (!short) return undefined;
  const { metric, limit, usage } = short;
  const others = usage > 0 ? `, of which ${usage} run` : "";
  return `${wanted.name} has ${wanted.cores} cores, and the project's quota of ${metric} is ${limit}${others}. Google raises it on request, often within minutes: https://console.cloud.google.com/iam-admin/quotas`;
}
